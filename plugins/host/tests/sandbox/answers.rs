//! Answers that lie about where they are, how long they are and what they are.

use chronogram_plugin_host::{Fault, TrapKind};

use crate::made::{Made, call, profile, words};

/// An answer of these words at 8192.
fn answering(answer: &[u32]) -> Made {
    Made { after: words(8192, answer), ..profile() }
}

async fn breach(made: &Made, part: &str) {
    let fault = made.fault().await;
    assert_eq!(fault.kind(), "bad_output", "{fault}");
    assert!(fault.to_string().contains(part), "{fault} does not speak of {part}");
}

#[tokio::test]
async fn a_module_made_by_hand_decides() {
    assert_eq!(call(profile().load().await.as_ref()).await, Ok("done"));
}

#[tokio::test]
async fn a_pointer_that_leads_nowhere_or_between_words_is_a_breach() {
    breach(&Made { run: "i32.const -4".into(), ..profile() }, "bounds").await;
    breach(&Made { run: "i32.const 65532".into(), ..profile() }, "bounds").await;
    breach(&Made { run: "i32.const 8193".into(), ..profile() }, "aligned").await;
}

#[tokio::test]
async fn a_list_of_four_billion_is_a_breach() {
    // ok, done, set: from 0, 2³² − 1 fields.
    breach(&answering(&[0, 0, 0, u32::MAX]), "bounds").await;
    // As many bytes of a question.
    breach(&answering(&[0, 0, 0, 0, 0, 0, 1, 0, u32::MAX]), "bounds").await;
}

#[tokio::test]
async fn megabytes_of_an_answer_do_not_cross_the_border() {
    let vast = r#"(memory (export "memory") 400)"#;
    // A question of 20 MiB, zeroes all of it.
    breach(&Made { memory: vast, ..answering(&[0, 0, 0, 0, 0, 0, 1, 32_768, 20 << 20]) }, "border").await;
    // 60 MiB are more than a call has memory.
    breach(&Made { memory: vast, ..answering(&[0, 0, 0, 0, 0, 0, 1, 0, 60 << 20]) }, "bounds").await;
    // Half a million empty fields.
    breach(&Made { memory: vast, ..answering(&[0, 0, 32_768, 500_000]) }, "border").await;
}

#[tokio::test]
async fn text_that_is_no_utf8_is_a_breach() {
    let made = answering(&[0, 0, 0, 0, 0, 0, 1, 9_000, 4]);
    breach(&Made { after: made.after + r#"(data (i32.const 9000) "\ff\fe\00\80")"#, ..profile() }, "utf-8").await;
}

#[tokio::test]
async fn a_case_that_does_not_exist_is_a_breach() {
    breach(&answering(&[7]), "discriminant").await;
    breach(&answering(&[0, 9]), "discriminant").await;
    breach(&answering(&[1, 200]), "discriminant").await;
    breach(&answering(&[0, 0, 0, 0, 0, 0, 77]), "discriminant").await;
}

#[tokio::test]
async fn an_allocator_that_lies_is_found_while_the_input_goes_in() {
    breach(&Made { realloc: "i32.const -1", ..profile() }, "realloc").await;
    breach(&Made { realloc: "i32.const 65535", ..profile() }, "realloc").await;
    assert_eq!(Made { realloc: "unreachable", ..profile() }.fault().await, Fault::Trap(TrapKind::Unreachable));
    let endless = Made { realloc: "(loop $l br $l) unreachable", ..profile() };
    assert_eq!(endless.fault().await, Fault::OutOfFuel);
    let growing = "(loop $l (br_if $l (memory.grow (i32.const 64)))) unreachable";
    assert_eq!(Made { realloc: growing, ..profile() }.fault().await, Fault::MemoryLimit);
    // It overwrites its own answer with the input: harm to nobody but itself.
    let inward = Made { realloc: "i32.const 8192", ..profile() };
    let lost = call(inward.load().await.as_ref()).await;
    assert!(matches!(lost, Ok(_) | Err(Fault::BadOutput { .. })), "{lost:?}");
}

#[tokio::test]
async fn cleaning_up_without_end_is_paid_with_fuel() {
    let cleaning = |body: &str| {
        let name = profile().function();
        Made { after: format!(r#"(func (export "cabi_post_{name}") (param i32) {body})"#), ..profile() }
    };
    assert_eq!(cleaning("(loop $l br $l)").fault().await, Fault::OutOfFuel);
    assert_eq!(cleaning("unreachable").fault().await, Fault::Trap(TrapKind::Unreachable));
    assert_eq!(call(cleaning("").load().await.as_ref()).await, Ok("done"));
}

#[tokio::test]
async fn after_a_trap_the_same_strategy_is_entered_again_with_a_fresh_instance() {
    // The first call of an instance traps only if the flag is set, and sets it: nobody finds it set.
    let flagged = "(if (i32.load (i32.const 12000)) (then unreachable)) \
        (i32.store (i32.const 12000) (i32.const 1)) i32.const 8192";
    let strategy = Made { run: flagged.into(), ..profile() }.load().await;
    for _ in 0..3 {
        assert_eq!(call(&strategy).await, Ok("done"));
    }
    let trapping = Made { run: "unreachable".into(), ..profile() }.load().await;
    for _ in 0..3 {
        assert_eq!(call(&trapping).await, Err(Fault::Trap(TrapKind::Unreachable)));
    }
}
