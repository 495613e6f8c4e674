//! How far runs lie apart.

use super::messages;

messages! {
    replication_heading() "Repeated runs" "重复运行"
    replication_note(runs: usize, boots: usize)
        "Spread between runs: how far the ratio of one run lies from that of another (standard deviation) beyond what intervals explain, in {runs} runs of {boots} boots that were committed with this program. It is their hosts', not this one's; the interval of one run does not contain it."
        "运行间离散：在随本程序提交的 {runs} 次运行（{boots} 次启动）中，一次运行的比值与另一次相差多远（标准差），已扣除区间所能解释的部分。它属于那些主机，而非本机；单次运行的区间不包含它。"
    replication_caption() "This run beside the committed ones" "本次运行与已提交的运行"
    this_run_head() "This run" "本次运行"
    spread_head() "Spread between runs" "运行间离散"
    range_head() "Ratios of the runs" "各次运行的比值"
    runs_head() "Runs (boots)" "运行（启动）"
}
