//! The accident that the app is for: rows were deleted, and come back into the live database without a terminal.

use std::time::Duration;

use crate::app::App;
use crate::desktop::Desktop;
use crate::outside;
use crate::walk::back_up;

const JOB: Duration = Duration::from_secs(120);

#[test]
fn deleted_rows_come_back_into_the_live_database_out_of_a_restored_copy() {
    let Some(desktop) =
        Desktop::start("deleted_rows_come_back_into_the_live_database_out_of_a_restored_copy")
    else {
        return;
    };
    let app = App::open(&desktop);
    app.click("Start practice cluster");
    app.see("nothing here is real");
    back_up(&app, "bank");
    app.see_within("The backup is there", JOB);

    let every = rows_of(&desktop);
    for statement in [
        // 1,200 of them are more than come back in one part.
        "DELETE FROM transactions WHERE id IN (SELECT id FROM transactions ORDER BY id LIMIT 1200)",
        "DELETE FROM transactions WHERE account_id <= 100020",
        "DELETE FROM accounts WHERE id <= 100020",
    ] {
        outside::psql(&desktop, "bank", statement);
    }
    assert_ne!(rows_of(&desktop), every);

    app.click("Restore it beside the live one…");
    app.click("Take the whole of bank");
    app.fill("Name of the restored database", "bank_restored");
    app.click("Check it");
    app.click("Restore beside the live one");
    app.see_within("bank is back, as bank_restored", JOB);

    // It is small, so it is compared without being asked for.
    app.see_within("are missing in bank", JOB);
    let compared = app.text_of("table grid", "Compared with bank");
    assert!(compared.contains("20"), "the accounts are not told:\n{compared}");

    // A row that changed since stays as it is.
    outside::psql(
        &desktop,
        "bank",
        "UPDATE accounts SET kind = 'changed since' WHERE id = 100500",
    );
    app.click("Compare again");
    app.see_within("1 row has other values in bank", JOB);

    app.click("Bring missing rows back…");
    app.see("Nothing is deleted");
    app.click("rows back into bank");
    app.see_within("are back in bank", JOB);
    let proof = app.text_of("table grid", "Brought back into bank");
    assert!(
        proof.contains("none missing") && !proof.contains("still missing"),
        "{proof}"
    );

    let changed = "SELECT count(*) FROM accounts WHERE kind = 'changed since'";
    assert_eq!(outside::psql(&desktop, "bank", changed), "1");
    outside::psql(
        &desktop,
        "bank",
        "UPDATE accounts SET kind = r.kind FROM bank_restored.public.accounts AS r WHERE accounts.id = r.id \
         AND accounts.id = 100500",
    );
    assert_eq!(rows_of(&desktop), every, "the live database is not what it was");

    // What was done is found again later.
    app.click("Activity");
    app.click("Open: Compare bank_restored with bank");
    app.see("Does bank still lack anything?");
    app.quit();
}

/// Every row of the tables from which some are deleted.
fn rows_of(desktop: &Desktop) -> String {
    ["accounts", "transactions"]
        .map(|table| outside::psql(desktop, "bank", &format!("SELECT * FROM {table} ORDER BY 1")))
        .join("\n")
}
