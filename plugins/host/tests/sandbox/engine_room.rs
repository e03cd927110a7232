//! Work that burns: processor, memory, stack, tables.

use std::time::Instant;

use chronogram_plugin_host::{Fault, Limits, TrapKind};

use crate::made::{Made, call, profile};

fn running(body: &str) -> Made {
    Made { run: format!("{body} i32.const 8192"), ..profile() }
}

#[tokio::test]
async fn every_kind_of_loop_is_paid_with_fuel() {
    let table = "(table $t 10000 funcref)";
    for (before, body) in [
        ("", "(loop $l br $l)"),
        ("", "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) br $l)"),
        ("", "(loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 65535)) br $l)"),
        (table, "(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 10000)) br $l)"),
        (table, "(loop $l (table.copy (i32.const 0) (i32.const 1) (i32.const 9999)) br $l)"),
        (
            "(global $g (mut i64) (i64.const 0))",
            "(loop $l (global.set $g (i64.add (global.get $g) (i64.const 1))) br $l)",
        ),
    ] {
        let started = Instant::now();
        let fault = Made { before: before.into(), ..running(body) }.fault().await;
        // Where the engine counts a bulk instruction as one, the clock ends it; both are in the contract.
        assert!(matches!(fault, Fault::OutOfFuel | Fault::Deadline), "{body}: {fault}");
        assert!(started.elapsed() < Limits::default().deadline * 40, "{body}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn memory_and_tables_grow_to_the_limit_and_no_further() {
    let grow = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))";
    assert_eq!(running(grow).fault().await, Fault::MemoryLimit);
    let grow = "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 999)) (i32.const -1))))";
    let tables = Made { before: "(table $t 1 funcref)".into(), ..running(grow) };
    assert_eq!(tables.fault().await, Fault::TableLimit);
    // Three memories, none of which is large.
    let after = "(memory $a 0) (memory $b 0)".to_owned();
    let grow = "(drop (memory.grow $a (i32.const 200))) (drop (memory.grow $b (i32.const 200))) \
        (drop (memory.grow 0 (i32.const 200)))";
    assert_eq!(Made { after, ..running(grow) }.fault().await, Fault::MemoryLimit);
}

#[tokio::test]
async fn recursion_and_arithmetic_trap() {
    let deep = Made { after: "(func $deep (call $deep))".into(), ..running("(call $deep)") };
    assert_eq!(deep.fault().await, Fault::Trap(TrapKind::StackOverflow));
    for (body, kind) in [
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", TrapKind::Arithmetic),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", TrapKind::Arithmetic),
        ("(drop (i32.rem_u (i32.const 1) (i32.const 0)))", TrapKind::Arithmetic),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", TrapKind::Arithmetic),
        ("(drop (i32.load (i32.const -1)))", TrapKind::OutOfBounds),
        ("(i64.store offset=4294967295 (i32.const 0) (i64.const 0))", TrapKind::OutOfBounds),
        ("(memory.fill (i32.const 1) (i32.const 0) (i32.const 65536))", TrapKind::OutOfBounds),
        ("unreachable", TrapKind::Unreachable),
    ] {
        assert_eq!(running(body).fault().await, Fault::Trap(kind), "{body}");
    }
}

#[tokio::test]
async fn payloads_of_nan_are_the_same_on_every_machine() {
    // A NaN with a payload, to which 0/0 is added; which payload comes out is the machine's choice.
    let body = "(i32.store (i32.const 8196) (i32.reinterpret_f32 \
        (f32.add (f32.const nan:0x200001) (f32.div (f32.const 0) (f32.const 0)))))";
    // The canonical NaN is 0x7fc00000, whose lowest byte is case 0: done, with an empty patch.
    assert_eq!(call(running(body).load().await.as_ref()).await, Ok("done"));
}

#[tokio::test]
async fn fuel_without_end_ends_at_the_deadline_and_frees_its_place() {
    let limits = Limits { fuel: u64::MAX, pool_size: 1, ..Limits::default() };
    let strategy = running("(loop $l br $l)").try_load(limits).await.unwrap();
    for _ in 0..3 {
        assert_eq!(call(&strategy).await, Err(Fault::Deadline));
    }
}
