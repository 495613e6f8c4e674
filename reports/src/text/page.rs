//! The words of the page, the terminal table and the Markdown summary around rows: headings, columns, axes, notes.

use super::{Language, messages};
use trial::Row;

impl Language {
    /// Names of rows in a sentence.
    pub(crate) fn row_names(self, rows: &[&Row]) -> String {
        let name = |row: &&Row| self.of(&row.title).to_lowercase();
        self.series(&rows.iter().map(name).collect::<Vec<_>>())
    }

    /// One part of the answer: how many claims, and which.
    pub(crate) fn tally(self, word: String, rows: &[&Row]) -> String {
        self.tally_of(rows.len(), word, self.row_names(rows))
    }
}

messages! {
    title() "Server-Sent Events and WebSocket, measured" "实测：SSE 与 WebSocket"
    tally_depends() "dependent on conditions" "取决于条件"
    of_claims(claims: usize, tallies: String)
        "Of the article's {claims} claims: {tallies}."
        "文章的 {claims} 条说法中：{tallies}。"
    tally_of(n: usize, word: String, names: String) "{n} {word} ({names})" "{n} 条{word}（{names}）"
    nothing_measured() "Nothing was measured in this run." "本次运行没有任何测量结果。"
    ratio_note(other: &str, base: &str)
        "Ratio: {other} over {base}, with its 95 % interval over blocks where one exists. It is a median over pairs of one block (Hodges–Lehmann), the values are medians of trials: they need not divide to it."
        "比值：{other} 除以 {base}，附区组间的 95 % 区间（若存在）。比值是同一区组两两之比的中位数（Hodges–Lehmann），数值是各试验的中位数：两者相除不必等于比值。"
    difference_note()
        "Differences are medians over pairs of one block (Hodges–Lehmann), with their 95 % intervals; the values are medians of trials: they need not subtract to them."
        "差值是同一区组两两之差的中位数（Hodges–Lehmann），附 95 % 区间；数值是各试验的中位数：两者相减不必等于差值。"
    row_head() "Row" "项目"
    claim_head() "The article says" "文章的说法"
    said(sse: &str, websocket: &str)
        "The article says: SSE {sse}, WebSocket {websocket}"
        "文章的说法：SSE {sse}，WebSocket {websocket}"
    no_claim() "nothing" "未提及"
    verdict_head() "Verdict" "结论"
    evidence_link() "evidence" "证据"
    caveat() "⚠ warning" "⚠ 警告"
    ratio_head(other: &str, base: &str) "{other} / {base}" "{other} / {base}"
    turned(ratio: String, other: &str, base: &str) "{ratio} ({other} / {base})" "{ratio}（{other} / {base}）"
    ratio_axis() "ratio" "比值"
    comparison_heading() "The comparison" "对照表"
    runs_heading() "Runs" "运行信息"
    cells_answer(other: &str, base: &str, cells: usize, said: String)
        "{other} against {base} in {cells} cells: {said}."
        "{other} 相对 {base}，共 {cells} 个单元：{said}。"
    cells_name(cell: String, figure: String) "{cell} ({figure})" "{cell}（{figure}）"
    cells_alone(figure: String, transport: &str, value: String)
        "{figure} over {transport}: {value}"
        "{transport} 的{figure}：{value}"
    cells_cut_off()
        "the run ended before every arm was measured"
        "运行在每个臂都测到之前就结束了"
    cells_nothing_common()
        "nothing that two arms were both measured at"
        "没有两个臂都测到的主要指标"
    cells_say(word: String, names: String) "{word} in {names}" "{names} {word}"
    other_cells() "Cells in full" "单元全部指标"
    method_heading() "How to read this" "阅读说明"
    glossary_heading() "Glossary" "术语"
    footer(version: String, commit: String)
        "Made by pushbench {version} ({commit}) from its records alone; render again with loadgen report."
        "由 pushbench {version}（{commit}）仅依据记录生成；可用 loadgen report 重新渲染。"

    command() "Command" "命令"
    version() "Version" "版本"
    plan() "Plan" "计划"
    seed() "Seed" "种子"
    started() "Started" "开始"
    finished() "Finished" "结束"
    target() "Target" "目标"
    self_hosted() "own server on this host, a fresh process for each trial" "本机自带服务器，每次试验使用新进程"
    processes() "Processes of a trial" "每次试验的进程"
    shared_by(generators: u32, servers: u32)
        "up to {generators} load generators and {servers} servers: more connections than one process may open"
        "最多 {generators} 个负载发生器、{servers} 个服务器：连接数超过单个进程的打开上限"
    trials() "Trials" "试验"
    tests() "Tests" "检验"
    tests_made(family: usize, nulls: usize)
        "{family} headline figures and {nulls} null arms, each family sharing a risk of 5 % (Bonferroni)"
        "{family} 个主要指标与 {nulls} 个空对照，各自共担 5 % 的风险（Bonferroni）"
    trials_of(done: String, planned: String) "{done} of {planned} planned" "{done} / 计划 {planned}"
    system() "System" "系统"
    cpu() "CPU" "CPU"
    usable_cpus(n: usize, cpu: &str) "{cpu}, {n} usable" "{cpu}，可用 {n} 个"
    ram() "Memory" "内存"
    clock_source() "Clock source" "时钟源"
    congestion() "TCP congestion control" "TCP 拥塞控制"
    virtualised() "Virtualised" "虚拟化"
    limits() "Open files; ports" "打开文件数；端口"
    load_average() "Load average at start" "开始时的平均负载"
    pinning() "Pinning" "绑核"
    records() "Records" "记录"
    schema() "Record schema" "记录格式"
    cut_off() "The run was cut off: its records have no end." "运行中断：记录没有结尾。"
    ended(reason: &str) "The run ended early: {reason}." "运行提前结束：{reason}。"

    failed(name: &str, why: &str) "{name} failed: {why}" "{name} 失败：{why}"
    counted_by(instruments: String) "Counted by {instruments}." "计数工具：{instruments}。"
    not_measured_because(why: &str) "Not measured: {why}." "未测量：{why}。"
    wire_on_loopback()
        "Segments, ACKs and wire bytes were counted on loopback, which carries segments of up to 64 KiB: they say nothing about a network."
        "报文段、ACK 与线路字节是在回环接口上计得的，其报文段可达 64 KiB：不能说明真实网络的情况。"
    unsupported(name: &str, why: &str) "{name} is not supported here: {why}" "{name} 在此不受支持：{why}"
    in_trials(warning: String, times: usize, all: usize)
        "{warning} (in {times} of {all} trials)"
        "{warning}（{all} 次试验中有 {times} 次）"
    void_trials(warning: String, times: usize, all: usize)
        "{warning} ({times} of {all} trials; they are void and left out)"
        "{warning}（{all} 次试验中有 {times} 次；这些试验作废，不计入结果）"
    all_void(warning: String) "every trial is void: {warning}" "所有试验均作废：{warning}"
    stopped(blocks: u32, redone: u32, reason: &str)
        "{blocks} blocks count, {redone} were run again for noise; {reason}"
        "计入 {blocks} 个区组，因噪声重做 {redone} 个；{reason}"
    measured_caption() "Measured" "实测值"
    what_head() "What" "指标"
    figure_head() "Figure, median of trials" "指标（各试验的中位数）"
    null_head() "A/A (null arm)" "A/A（空对照）"
    p_head() "p (adjusted)" "p（校正后）"
    contest_caption(other: &str, base: &str) "{other} against {base}, block by block" "{other} 对 {base}，逐区组配对"
    quantile_head() "Quantile" "分位数"
    pooled_caption(metric: &str, have: String)
        "All trials pooled: {metric}, {have} independent observations, intervals by bootstrap over whole blocks"
        "合并所有试验：{metric}，独立观测 {have} 个，区间由整区组自助法得到"
    pooled_disagrees()
        "The typical trial and the pooled run disagree: their intervals share no value. Some trials differ much from the rest."
        "典型试验与合并结果不一致：两个区间没有重叠。部分试验与其余试验差别很大。"
    dilution_warning(base: String, other: String, share: String, undiluted: String)
        "The instrument dilutes the ratio: {base} (base) and {other} (other) of the judged medians are its own, {share} of the base's: what of the timer's lateness is in them, and the load generator's way from the kernel's receive stamp to the read. With these parts taken off both medians the ratio is about {undiluted}. Equivalence is judged within a margin that is diluted as much."
        "测量工具冲淡了比值：所判中位数中有 {base}（基准）与 {other}（另一方）属于工具自身，占基准的 {share}：即其中所含的定时器迟到，以及负载发生器从内核接收时间戳到读取的一段。从两边中位数扣除这些部分后比值约为 {undiluted}。等效性按同样冲淡过的界值判断。"
    beside(blocks: String, redone: usize, load: String)
        "Beside every ratio: {blocks}, {redone} run again; level of load: {load}."
        "每个比值旁应注明：{blocks}，其中重做 {redone} 个；负载水平：{load}。"
    share_of_ceiling(share: String) "{share} of the generator's ceiling" "负载发生器上限的 {share}"
    ceiling_unknown() "share of the generator's ceiling not measured" "相对负载发生器上限的份额未测量"
    host_busy(share: String) "the host was {share} busy" "主机繁忙 {share}"
    busy_unknown() "how busy the host was not measured" "主机繁忙程度未测量"
    capacity_unknown() "share of capacity not measured (loadgen capacity finds it)" "相对容量的份额未测量（由 loadgen capacity 求得）"
    share_of_capacity(share: String, cell: &str) "{share} of what {cell} delivered without a schedule" "{cell} 无时间表时交付量的 {share}"
    null_costs(sse: String, websocket: String, apart: String)
        "Null cost of each path (events framed beforehand, over loopback, before the run): SSE {sse}, WebSocket {websocket} an event, {apart} apart."
        "两条路径的空载成本（预先成帧的事件，经环回，运行前测得）：每事件 SSE {sse}，WebSocket {websocket}，相差 {apart}。"
    counts_caption()
        "Counts that can be zero, all trials together: shares with exact binomial intervals, and their difference with bounds no narrower than 95 %; events are taken as independent, bursts make the truth wider"
        "可能为零的计数，合并所有试验：份额附精确二项区间，差值附不窄于 95 % 的界；事件按独立处理，成串出现时真实区间更宽"
    difference_head(other: &str, base: &str) "{other} − {base}" "{other} − {base}"
    duplicates_head() "Duplicates" "重复"
    corrupt_head() "Damaged" "损坏"
    judged_less_lateness(what: &str, cap: String, from_due: String)
        "{what}: judged less each event's own timer lateness, up to {cap} (what an idle timer beside the server shows); with all of it charged the p50 ratio is {from_due}"
        "{what}：所判时间不计事件自身的定时迟到，上限 {cap}（服务器旁空闲定时器所示）；若全部计入，p50 比值为 {from_due}"
    unequal_caveat(cell: &str, warning: String) "{cell}: {warning}" "{cell}：{warning}"
    raw_summary(trials: String) "Raw records: {trials}" "原始记录：{trials}"
    raw_caption() "Every trial, in the order in which it was run" "所有试验，按运行顺序"
    block_head() "Block" "区组"
    arm_head() "Arm" "臂"
    started_head() "Started" "开始"
    received_head() "Events received" "收到事件"
    lost_head() "Lost" "丢失"

    spectrum_title(metric: &str, cell: &str) "{metric} by percentile: {cell}" "按百分位的{metric}：{cell}"
    spectrum_subtitle() "all trials pooled; the tail is stretched" "合并所有试验；尾部拉伸显示"
    percentile() "percentile" "百分位"
    shift_title(metric: &str, cell: &str) "Shift of the {metric}: {cell}" "{metric}的偏移：{cell}"
    shift_subtitle(other: &str, base: &str)
        "{other} over {base} along the distribution; below 1 {other} is faster"
        "沿分布的 {other} / {base}；小于 1 表示 {other} 更快"
    shift_caption()
        "The ratio at each percentile of the pooled distributions; the band is the block bootstrap's 95 % interval."
        "合并分布在各百分位处的比值；色带为区组自助法的 95 % 区间。"
    timeline_title(cell: &str) "Second by second: {cell}" "逐秒：{cell}"
    timeline_subtitle() "the windows of all blocks, one after the other" "所有区组的测量窗口首尾相接"
    timeline_caption()
        "Median and p99 of each measured second: drift and stalls show here."
        "每个测量秒的中位数与 p99：漂移与停顿在此可见。"
    seconds_axis() "measured seconds" "测量秒数"
    time_axis() "response time" "响应时间"
    memory_title() "Server memory over open connections" "服务端内存随连接数的变化"
    memory_subtitle() "medians of all trials; solid: preset equal, dashed: the libraries' defaults" "各试验的中位数；实线：equal 预设，虚线：库的默认设置"
    memory_line(arm: String, preset: String, slope: String)
        "{arm}, {preset}: {slope} each"
        "{arm}，{preset}：每连接 {slope}"
    connections_axis() "open connections" "打开的连接数"
    memory_axis() "proportional set size" "PSS 内存"
    bars_subtitle() "median trial; the whisker spans all trials" "各试验的中位数；须线为全部试验的范围"
    overhead_subtitle() "per event, measured at the client's socket" "每个事件，在客户端套接字处测得"
    bytes_axis() "bytes" "字节"
    is_lower(name: &str) "{name} lower" "{name} 更低"
    is_higher(name: &str) "{name} higher" "{name} 更高"
    null_interval(base: &str) "A/A: {base} against itself" "A/A：{base} 对自身"
    margin_of(margin: String) "within {margin}" "{margin} 以内"
    forest_title(other: &str, base: &str) "{other} / {base} with 95 % intervals" "{other} / {base} 及其 95 % 区间"
    forest_subtitle(family: usize)
        "over blocks; the headline family of this report has {family} figures"
        "基于区组；本报告的主要指标共 {family} 个"
    forest_caption()
        "Each ratio beside the null arm's own interval: what the same cell differs from itself."
        "每个比值与空对照自身的区间并列：同一单元与自身的差别。"
}
