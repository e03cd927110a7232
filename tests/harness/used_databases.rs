//! Drops the databases of tests that ended while others still run: kept until the end, they would fill a disk.
//!
//! Tests hand on the pool or the address of their database and let the rest of it go, so its own end tells nothing; the end
//! of the thread that libtest gave the test does. What is left when the process ends goes at a later start, by its age.

use std::{
    cell::RefCell,
    sync::{LazyLock, mpsc},
    thread,
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, postgres::PgConnectOptions};

thread_local! {
    static OF_THIS_TEST: RefCell<OfOneTest> = const { RefCell::new(OfOneTest(Vec::new())) };
}

static USED: LazyLock<mpsc::Sender<Used>> = LazyLock::new(|| {
    let (sender, used) = mpsc::channel();
    thread::spawn(move || drop_each(&used));
    sender
});

struct Used {
    admin: PgConnectOptions,
    name: String,
}

struct OfOneTest(Vec<Used>);

impl Drop for OfOneTest {
    fn drop(&mut self) {
        for used in self.0.drain(..) {
            // Where nobody listens any more, a later start drops it.
            let _ = USED.send(used);
        }
    }
}

/// Has `name` dropped when the test that runs on this thread is over.
pub(crate) fn drop_after_this_test(admin: PgConnectOptions, name: String) {
    OF_THIS_TEST.with_borrow_mut(|own| own.0.push(Used { admin, name }));
}

#[allow(clippy::print_stderr)] // whoever runs the tests is all there is to tell
fn drop_each(used: &mpsc::Receiver<Used>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    for Used { admin, name } in used {
        let dropped: Result<(), sqlx::Error> = runtime.block_on(async {
            let mut connection = admin.connect().await?;
            connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
            connection.close().await
        });
        if let Err(error) = dropped {
            eprintln!("the database {name} of a test stays: {error}");
        }
    }
}
