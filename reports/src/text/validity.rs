//! The words of the section that says how far a run can be relied on.

use super::{Language, messages};
use trial::{Action, StopReason, Warning};

impl Language {
    pub(crate) fn warning(self, warning: &Warning) -> String {
        let [english, chinese] = warning.words();
        self.pick(&english, &chinese).to_owned()
    }

    pub(crate) fn action(self, action: Action) -> String {
        match action {
            Action::Inform => self.pick("inform", "告知"),
            Action::Warn => self.pick("warn", "警告"),
            Action::Redo => self.pick("redo the block", "重做区组"),
            Action::Void => self.pick("void the trial", "试验作废"),
            Action::Refuse => self.pick("refuse", "拒绝"),
        }
        .to_owned()
    }

    pub(crate) fn stop_reason(self, reason: StopReason) -> &'static str {
        match reason {
            StopReason::Planned => self.pick("stopped as planned", "按计划停止"),
            StopReason::Width => self.pick("stopped because the intervals are narrow enough", "区间已足够窄，停止"),
            StopReason::Cap => {
                self.pick("stopped at the most blocks that the plan allows", "达到计划允许的最多区组，停止")
            }
            StopReason::Budget => self.pick("stopped because the time was used up", "时间用完，停止"),
            StopReason::Interrupted => self.pick("stopped by hand", "手动停止"),
        }
    }
}

messages! {
    validity_heading() "Validity of this run" "本次运行的有效性"
    validity_intro()
        "What the instrument found out about itself, before, around and after the trials. None of it looks at the result of the comparison. What was not looked at says so."
        "测量工具在试验之前、期间与之后对自身的检查。这些检查都不看比较的结果；没有检查的会如实说明。"
    preflight_heading() "Before the first trial" "第一次试验之前"
    no_preflight()
        "Not measured: this run made no pre-flight, so nothing is known about the pacer, the generator's ceiling or the quiet of the host before it."
        "未测量：本次运行没有做预检，因此不知道此前节拍器、负载发生器上限与主机安静程度的情况。"
    preflight_caption() "Pre-flight" "预检"
    pacer_line() "Pacer lateness (fired − due) at the highest rate" "最高速率下节拍器迟到（触发 − 应发）"
    two_quantiles(p50: String, p99: String) "p50 {p50}, p99 {p99}" "p50 {p50}，p99 {p99}"
    quiet_line() "Quiet host before the run" "运行前主机是否安静"
    quiet_answer(answer: String, samples: String)
        "{answer}; foreign CPUs in each sample: {samples}"
        "{answer}；各次采样中的外来 CPU：{samples}"
    quiet_unknown() "not measured (/proc/stat cannot be read)" "未测量（无法读取 /proc/stat）"
    clock_line() "Monotonic clock against the raw one" "单调时钟相对原始时钟"
    expected_line() "Length of the run, predicted" "预计运行时长"
    ceiling_line(transport: &str) "Generator's ceiling, {transport}, null server" "负载发生器上限，{transport}，空服务器"
    predictions_caption() "Precision promised before the run, from the pilot's A/A blocks" "运行前由试点 A/A 区组预告的精度"
    no_predictions() "Not measured: no pilot was run, so no precision was promised." "未测量：没有做试点，因此没有预告精度。"
    deviation_head() "A/A deviation of a block" "单个区组的 A/A 标准差"
    margin_head() "Margin" "界值"
    resolves_head() "Smallest difference resolved" "可分辨的最小差别"
    blocks_needed_head() "Blocks the margin takes" "达到界值所需区组"
    fingerprint_summary() "Settings of the host" "主机设置"
    fingerprint_caption() "Fingerprint" "指纹"
    no_fingerprint() "Not measured: no setting could be read." "未测量：无法读取任何设置。"
    redone_heading() "Blocks that were run again" "重做的区组"
    redone_caption(blocks: usize)
        "{blocks} set aside because a cause of noise was seen or a trial has no number that counts, never because of a result; their trials stay in the records"
        "{blocks} 次尝试因发现噪声来源或有试验没有可用的数字而搁置，从不因为结果；其试验仍保留在记录中"
    none_redone()
        "No block was run again: no cause of noise was seen, and every trial has its numbers."
        "没有区组重做：未发现噪声来源，每次试验都有可用的数字。"
    no_gate() "Not measured: this run had no gate against foreign load." "未测量：本次运行没有对外来负载设门槛。"
    more_redone(more: usize) "{more} more are in the records." "另有 {more} 条在记录中。"
    cell_head() "Cell" "单元"
    attempt_head() "Block and attempt" "区组与尝试"
    cause_head() "Cause" "原因"
    stops_heading() "Why each cell stopped" "各单元停止的原因"
    stops_caption() "Never because a result was significant: that would be peeking" "从不因为结果显著而停止：那是偷看"
    no_stops() "Every cell ran the number of blocks that its plan fixed before." "每个单元都按计划事先固定的区组数运行。"
    rest_as_planned(cells: usize)
        "The other {cells} cells ran the number of blocks that the plan fixed before."
        "其余 {cells} 个单元按计划事先固定的区组数运行。"
    more_cells_named(more: usize) "{more} more" "另 {more} 个"
    blocks_head() "Blocks" "区组"
    redone_head() "Run again" "重做"
    reason_head() "Reason" "原因"
    checks_heading() "Checks that fired" "触发的检查"
    checks_caption()
        "Each once, with the first that was found; loadgen list --checks says what each looks for"
        "每项只列一次，取首次所见；各项检查的内容见 loadgen list --checks"
    no_check() "No check fired." "没有检查触发。"
    action_head() "Action" "处置"
    found_head() "Found" "发现"
    times_head() "Times" "次数"
    whole_run() "the run" "整次运行"
    null_arms_heading() "Two copies of one arm (A/A)" "同一臂的两份（A/A）"
    null_arms_caption()
        "Each headline figure of the null arm over its twin: 1 belongs into every interval; p is adjusted over all of them"
        "空对照臂与其孪生臂之比，逐个主要指标：每个区间都应包含 1；p 在全部检验间校正"
    no_null_arms() "Not measured: no cell of this run has a null arm." "未测量：本次运行没有单元带空对照臂。"
    selfcheck_heading() "Self-check" "自检"
    selfcheck_caption() "What was injected, what the instrument had to show, what it showed" "注入了什么、测量工具应显示什么、实际显示什么"
    no_selfcheck()
        "Not measured: no selfcheck.json lies beside these records; loadgen selfcheck writes one."
        "未测量：记录旁边没有 selfcheck.json；loadgen selfcheck 会写出一份。"
    selfcheck_passed(started: String) "Every check that ran passed ({started})." "所有运行过的检查均通过（{started}）。"
    selfcheck_failed(failed: usize, all: usize)
        "{failed} of {all} checks failed: do not rely on the numbers that they bear on."
        "{all} 项检查中有 {failed} 项失败：不要相信与之相关的数字。"
    check_head() "Check" "检查"
    injected_head() "Injected" "注入"
    expected_head() "Expected" "预期"
    pass_head() "Pass" "通过"
    passed() "✓ pass" "✓ 通过"
    not_passed() "✗ fail" "✗ 失败"
}
