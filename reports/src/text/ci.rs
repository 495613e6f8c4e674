//! The words of thresholds, baselines and kept counts.

use super::messages;

messages! {
    nothing_matches()
        "nothing that was measured in this run matches"
        "本次运行没有测得与之匹配的指标"
    too_few_events(arm: String)
        "{arm}: not estimable, too few events for this quantile"
        "{arm}：无法估计，事件不足以给出该分位数"
    invalid_result(why: &str) "the result is invalid: {why}" "结果无效：{why}"
    baseline() "baseline" "基线"
    unpaired(started: String)
        "the baseline was run at {started}: unpaired in time, so whatever changed since, the host included, is in these ratios"
        "基线运行于 {started}：在时间上不成对，此后的一切变化（包括主机）都在这些比值里"
    other_host(now: String, then: String)
        "the hosts differ: {now}; the baseline {then}"
        "主机不同：{now}；基线 {then}"
    only_in_one(cells: String) "in one of the two runs only: {cells}" "只在其中一次运行中：{cells}"
    nothing_in_common() "no headline figure is in both runs" "两次运行没有共同的主要指标"
    other_load() "the cell asks for another load than the baseline's" "该单元的负载与基线不同"
    too_few_trials(needed: usize)
        "too few trials: {needed} in each run are needed"
        "试验太少：每次运行至少需要 {needed} 次"
    beside_kept(now: String, then: String, change: String) "{now}; kept {then} ({change})" "{now}；留存值 {then}（{change}）"
    not_kept(now: String) "{now}; not kept yet: --renew" "{now}；尚无留存值：--renew"
    not_counted(why: String) "not measured ({why})" "未测量（{why}）"
    not_in_this_run() "not in this run" "本次运行中没有"
    times_the_baseline(ratio: String) "{ratio} of the baseline" "基线的 {ratio}"
}
