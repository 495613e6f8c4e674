# Reference values for tests/against_r.rs. Run: Rscript reference.R > reference.tsv
# Nothing of ours is used: base R only. p-values with ties or zeros are enumerated over all sign patterns, since
# wilcox.test falls back to a normal approximation there.
options(digits = 17)
set.seed(20261124)
line <- function(kind, answers, vector) {
  cat(kind, paste(sprintf("%.17g", answers), collapse = " "), paste(sprintf("%.17g", vector), collapse = " "), sep = "\t")
  cat("\n")
}
# kind "exact": estimate, p, 95 % interval, 90 % interval of wilcox.test
exact <- function(x) {
  wide <- wilcox.test(x, exact = TRUE, conf.int = TRUE, conf.level = 0.95)
  narrow <- wilcox.test(x, exact = TRUE, conf.int = TRUE, conf.level = 0.90)
  line("exact", c(wide$estimate, wide$p.value, wide$conf.int, narrow$conf.int), x)
}
draws <- list(
  function(n) rnorm(n, 0.03, 0.1), function(n) rt(n, 2) / 20, function(n) log(rexp(n)) / 10,
  function(n) ifelse(runif(n) < 0.3, rnorm(n, 0.4, 0.05), rnorm(n, 0, 0.05)), function(n) rcauchy(n) / 50
)
for (n in c(6, 7, 8, 9, 10, 12, 14, 15, 20, 24, 30, 40, 49)) for (draw in draws) exact(draw(n))
# kind "ties": p by enumeration, zeros left out, mean ranks
enumerated <- function(x) {
  x <- x[x != 0]
  if (length(x) == 0) return(1)
  r <- rank(abs(x))
  patterns <- as.matrix(expand.grid(rep(list(0:1), length(x))))
  sums <- as.vector(patterns %*% r)
  observed <- sum(r[x > 0])
  min(1, 2 * min(mean(sums <= observed), mean(sums >= observed)))
}
for (n in c(1, 2, 5, 6, 8, 10, 12, 14)) for (span in c(1, 2, 4, 8)) {
  x <- sample(-span:(span + 1), n, replace = TRUE) / 100
  line("ties", c(enumerated(x)), x)
}
# kind "rank": k of the Walsh average at 95 % and 90 %, from the distribution function; 0 where there is none
k <- function(n, alpha) sum(psignrank(0:(n * (n + 1) / 2), n) <= alpha / 2)
for (n in 1:100) line("rank", c(k(n, 0.05), k(n, 0.10)), n)
# kind "kendall": exact p against time
for (n in c(4, 6, 8, 10, 10, 10, 12)) {
  x <- rnorm(n) + (1:n) * runif(1, -0.4, 0.4)
  line("kendall", cor.test(1:n, x, method = "kendall", exact = TRUE)$p.value, x)
}
# kind "friedman": p; the vector is the matrix row by row, preceded by the number of columns
for (k in 2:5) for (n in c(6, 10, 20)) {
  x <- matrix(round(rnorm(n * k) + rep(seq_len(k), n) * runif(1, 0, 0.3), if (n == 10) 0 else 6), n, k, byrow = TRUE)
  line("friedman", friedman.test(x)$p.value, c(k, as.vector(t(x))))
}
# kind "binomial": exact interval at 95 %; the vector is hits and trials
for (pair in list(c(0, 10), c(0, 40000), c(1, 20), c(3, 40000), c(50, 100), c(999, 1000), c(1000, 1000), c(1234, 1e6)))
  line("binomial", binom.test(pair[1], pair[2])$conf.int, pair)
