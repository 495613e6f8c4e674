use super::*;
use std::io::Read as _;

fn lines() -> String {
    (0..5_000).map(|i| format!("{{\"kind\":\"line\",\"number\":{i}}}\n")).collect()
}

#[test]
fn a_packed_file_replaces_the_plain_one_and_reads_like_it() {
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join(PLAIN);
    fs::write(&plain, lines()).unwrap();
    assert_eq!(find(directory.path()), plain);
    let packed = pack(&plain).unwrap();
    assert!(!plain.exists() && fs::metadata(&packed).unwrap().len() < lines().len() as u64 / 4);
    assert_eq!((find(directory.path()), text(directory.path()).unwrap()), (packed, lines()));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn what_cannot_be_packed_is_kept_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join(PLAIN);
    fs::write(&plain, lines()).unwrap();
    // Something that cannot be replaced by a file.
    fs::create_dir_all(directory.path().join(PACKED).join("inside")).unwrap();
    assert!(pack(&plain).is_err());
    assert_eq!(text(directory.path()).unwrap(), lines());
    assert!(!directory.path().join("records.jsonl.gz.part").exists());
}

#[test]
fn a_packing_that_was_cut_off_leaves_the_plain_file_in_charge() {
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join(PLAIN);
    fs::write(&plain, lines()).unwrap();
    fs::write(directory.path().join("records.jsonl.gz.part"), "half").unwrap();
    fs::write(directory.path().join(PACKED), "renamed, and the plain one not yet removed").unwrap();
    assert_eq!(text(directory.path()).unwrap(), lines());
}

#[test]
fn a_cut_file_reads_up_to_the_cut_and_a_damaged_one_is_another_error() {
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join(PLAIN);
    fs::write(&plain, lines()).unwrap();
    let packed = pack(&plain).unwrap();
    let whole = fs::read(&packed).unwrap();
    for keep in [whole.len() / 2, whole.len() - 1] {
        fs::write(&packed, &whole[..keep]).unwrap();
        let mut read = Vec::new();
        let error = open(&packed).unwrap().read_to_end(&mut read).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(!read.is_empty() && lines().as_bytes().starts_with(&read));
    }
    let mut wrong_sum = whole.clone();
    let at = whole.len() - 8;
    wrong_sum[at] ^= 1;
    fs::write(&packed, wrong_sum).unwrap();
    let error = open(&packed).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
    assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof);
}
