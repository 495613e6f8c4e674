//! The tokens that generated text is made of. Refuses to mean anything.
//!
//! A recorded token of English text has 4.7 bytes on average, 5 in the middle and 9 at the ninth decile; this vocabulary
//! has exactly these. A Chinese token is one or two characters of three bytes each. No token needs escaping in JSON.

use crate::{Language, variate::random};
use rand::RngExt as _;

/// Mean bytes of an English token; request bytes divided by it stand in for input tokens, which nobody counts here.
pub const BYTES_PER_TOKEN: f64 = 4.7;

const ENGLISH: [&str; 40] = [
    ",",
    ",",
    ".",
    ".",
    "s",
    "-",
    " a",
    "ly",
    "ed",
    " of",
    " to",
    " in",
    " is",
    "ing",
    " the",
    " and",
    " for",
    " can",
    " that",
    " with",
    " from",
    " each",
    " time",
    " data",
    " when",
    " send",
    " which",
    " event",
    " bytes",
    " there",
    " about",
    " first",
    " stream",
    " client",
    " measure",
    " protocol",
    " response",
    " transfer",
    " transport",
    " different",
];

const CHINESE: [&str; 40] = [
    "的", "一", "是", "在", "不", "了", "有", "我", "和", "人", "这", "中", "大", "为", "上", "个", "到", "说", "们",
    "，", "时间", "数据", "模型", "连接", "服务", "测量", "流式", "协议", "客户", "事件", "响应", "输出", "训练",
    "预测", "结果", "进度", "传输", "延迟", "可以", "因为",
];

/// Appends `tokens` tokens: event `index` of the text that belongs to `seed`.
///
/// Any event can be written without those before it, so that every reader of a stream, and a resend, gets the same.
pub(crate) fn append(language: Language, seed: u64, index: usize, tokens: u32, out: &mut Vec<u8>) {
    let vocabulary = match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    let mut random = random(seed, TEXT + index as u64);
    for _ in 0..tokens {
        out.extend_from_slice(vocabulary[random.random_range(..vocabulary.len())].as_bytes());
    }
}

/// First purpose number of text; those below belong to the schedule.
const TEXT: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(vocabulary: &[&str]) -> Vec<usize> {
        let mut lengths: Vec<_> = vocabulary.iter().map(|word| word.len()).collect();
        lengths.sort_unstable();
        lengths
    }

    #[test]
    fn english_tokens_have_the_recorded_lengths() {
        let lengths = lengths(&ENGLISH);
        let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
        assert_eq!((mean, lengths[19], lengths[35]), (BYTES_PER_TOKEN, 5, 9));
    }

    #[test]
    fn generated_text_has_the_mean_of_its_vocabulary_however_it_is_batched() {
        for per_event in [1, 5] {
            let mut text = Vec::new();
            (0..40_000 / per_event).for_each(|i| append(Language::English, 2, i as usize, per_event, &mut text));
            let mean = text.len() as f64 / 40_000.0;
            assert!((mean - BYTES_PER_TOKEN).abs() < 0.05, "{per_event} tokens an event: {mean} bytes a token");
        }
    }

    #[test]
    fn chinese_tokens_are_one_or_two_characters_of_three_bytes() {
        assert!(
            CHINESE.iter().all(|word| matches!(word.chars().count(), 1 | 2) && word.len() == 3 * word.chars().count())
        );
    }

    #[test]
    fn no_token_needs_escaping_in_json() {
        for word in ENGLISH.iter().chain(&CHINESE) {
            assert_eq!(serde_json::to_string(word).unwrap(), format!("\"{word}\""));
        }
    }
}
