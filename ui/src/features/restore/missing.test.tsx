import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aCheck, aCollection, aDatabase, aRestorePlan, bankBackup } from "../../../tests/wire";
import type {
  BringBackPlan,
  Compared,
  Environment,
  Job,
  JobOutcome,
  PlannedReturn,
  TableComparison,
} from "../../ipc/bindings";

const ended = {
  ended: true,
  can: { pause: false, resume: false, cancel: false, retryFailed: false, dismiss: true, showInFolder: false },
};

/** A restore beside `bank` that ended well. */
function restored(outcome: Partial<Extract<JobOutcome, { kind: "restore" }>> = {}): Job {
  return aJob("r1", {
    kind: "restore",
    title: "Restore bank as bank_restored",
    state: "succeeded",
    finishedAt: "2026-11-23T11:00:00Z",
    ...ended,
    outcome: {
      kind: "restore",
      database: "bank_restored",
      fromDatabase: "bank",
      collection: bankBackup,
      subdirectory: "/2026/11/23-110000.00",
      moment: "2026-11-23T11:00:00Z",
      tables: [{ table: "public.accounts", expectedRows: 1_000, foundRows: 1_000, verdict: "match" }],
      allMatch: true,
      verdict: "The one table and all 1,000 rows are there.",
      lostGrants: [],
      whole: true,
      isNewDatabase: true,
      losses: [],
      bringBack: [],
      notLive: [],
      swap: null,
      ...outcome,
    },
  });
}

const compared = (table: string, result: Compared, rest: Partial<TableComparison> = {}): TableComparison => ({
  table: `public.${table}`,
  result,
  onlyRestored: [],
  listChanged: null,
  onlyLive: [],
  ...rest,
});
const counts = (missing: number, changed = 0, onlyLive = 0): Compared => ({
  kind: "counted",
  missing,
  changed,
  onlyLive,
});

function comparison(tables: TableComparison[], job: Partial<Job> = {}): Job {
  return aJob("c1-compare", {
    kind: "compare",
    follows: "r1",
    title: "Compare bank_restored with bank",
    state: "succeeded",
    createdAt: "2026-11-23T11:00:01Z",
    finishedAt: "2026-11-23T11:00:02Z",
    progress: { done: 1_000, total: 1_000, unit: "rows" },
    ...ended,
    outcome: {
      kind: "comparison",
      database: "bank_restored",
      liveDatabase: "bank",
      tables,
      verdict: "Said by the back end.",
    },
    ...job,
  });
}

function broughtBack(job: Partial<Job> = {}, table: { inserted?: number; stillMissing?: number } = {}): Job {
  return aJob("b1", {
    kind: "bringBack",
    follows: "r1",
    title: "Bring 312 missing rows back into bank",
    state: "succeeded",
    createdAt: "2026-11-23T11:05:00Z",
    progress: { done: 312, total: 312, unit: "rows" },
    ...ended,
    outcome: {
      kind: "bringBack",
      database: "bank_restored",
      liveDatabase: "bank",
      tables: [{ table: "public.accounts", inserted: 312, stillMissing: 0, reasons: [], ...table }],
      verdict: "312 rows are back. Counted again: none is missing.",
    },
    ...job,
  });
}

const planned = (table: string, rest: Partial<PlannedReturn> = {}): PlannedReturn => ({
  table: `public.${table}`,
  rows: 300,
  changed: 0,
  sql: `INSERT INTO bank.public.${table} SELECT 1;`,
  parts: 1,
  needs: [],
  notes: [],
  obstacle: null,
  ...rest,
});
const aPlan = (tables: PlannedReturn[], rest: Partial<BringBackPlan> = {}): BringBackPlan => ({
  id: "plan-1",
  database: "bank_restored",
  liveDatabase: "bank",
  countedAt: "2026-11-23T11:00:02Z",
  tables,
  typeToConfirm: null,
  ...rest,
});

function start(
  path: string,
  jobs: Job[],
  answers: Parameters<typeof mockBackend>[0] = {},
  environment: Environment = "development",
) {
  const acme = aConnection("c1", { name: "acme", environment });
  const backend = mockBackend({
    list_connections: () => ({ connections: [acme], healed: null }),
    connect_cluster: () => opened(acme),
    list_collections: () => [aCollection()],
    list_databases: () => [aDatabase("bank")],
    start_comparison: () => "c1-compare",
    start_bring_back: () => "b1",
    ...answers,
  });
  const router = renderApp(path);
  act(() => backend.sendJobs({ full: true, jobs, removed: [] }));
  return { backend, router };
}

const proof = "/clusters/c1/restore?job=r1";
const missing = "/clusters/c1/restore?job=r1&step=missing";
const started = (backend: ReturnType<typeof mockBackend>, name: string) =>
  backend.sent.filter(([command]) => command === name).map(([, args]) => args);

describe("after a restore beside the live database", () => {
  it("compares both when it is asked to, and not by itself when one comes back later", async () => {
    const user = userEvent.setup();
    const { backend } = start(proof, [restored()]);
    await screen.findByRole("heading", { name: "What does bank lack?" });
    expect(started(backend, "start_comparison")).toEqual([]);
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Compare with bank" }));
    await waitFor(() =>
      expect(started(backend, "start_comparison")).toEqual([{ restore: "r1", largeToo: false }]),
    );
  });

  it("compares by itself when it ends before one's eyes and is small", async () => {
    const running = { ...restored(), ...aJob("r1", { kind: "restore", title: "Restore bank" }) };
    const { backend } = start(proof, [running]);
    await screen.findByRole("heading", { name: "Restore bank" });
    act(() => backend.sendJobs({ full: false, jobs: [restored()], removed: [] }));
    await waitFor(() => expect(started(backend, "start_comparison")).toHaveLength(1));
  });

  it("asks before it reads a large one", async () => {
    const running = { ...restored(), ...aJob("r1", { kind: "restore", title: "Restore bank" }) };
    const { backend } = start(proof, [running]);
    await screen.findByRole("heading", { name: "Restore bank" });
    const large = restored({
      tables: [{ table: "public.accounts", expectedRows: null, foundRows: 5_000_000, verdict: "match" }],
    });
    act(() => backend.sendJobs({ full: false, jobs: [large], removed: [] }));
    expect(await screen.findByText(/That reads 5,000,000 rows of the copy/)).toBeVisible();
    expect(started(backend, "start_comparison")).toEqual([]);
  });

  it("shows how far the comparison is, and cancels it", async () => {
    const user = userEvent.setup();
    const running = comparison([], {
      state: "running",
      ended: false,
      phase: "Comparing accounts",
      progress: { done: 200, total: 1_000, unit: "rows" },
      can: { ...ended.can, cancel: true },
      outcome: null,
    });
    const { backend } = start(proof, [running, restored()], { cancel_job: () => null });
    expect(await screen.findByText("Comparing accounts")).toBeVisible();
    expect(screen.getAllByText(/^200 of 1,000 rows/)[0]).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Cancel the comparison" }));
    expect(started(backend, "cancel_job")).toEqual([{ id: "c1-compare" }]);
  });

  it("tells what is missing where, what changed, and what could not be compared", async () => {
    const user = userEvent.setup();
    const found = comparison([
      compared("log", { kind: "noKey" }),
      compared("customers", counts(0, 9, 4), { onlyLive: ["note"] }),
      compared("accounts", counts(312)),
      compared("old", { kind: "notLive" }),
      compared("events", { kind: "large", rows: 12_400_000 }),
      compared("odd", { kind: "failed", error: failure({ message: "Types differ." }) }),
    ]);
    const { router, backend } = start(proof, [found, restored()]);
    expect(
      await screen.findByRole("heading", {
        name: "1 table is gone from bank, and 312 rows are missing in it",
      }),
    ).toBeVisible();
    expect(screen.getByText(/9 rows have other values in bank than in the backup/)).toBeVisible();
    const table = screen.getByRole("table", { name: "Compared with bank" });
    expect(within(table).getByRole("row", { name: /^accounts/ })).toHaveTextContent("31200");
    for (const words of [
      "It has no primary key, so its rows cannot be matched.",
      "Compared without note: added to bank since.",
      "Not in bank any more.",
      "About 12,400,000 rows: left out until you ask.",
      "It could not be compared. Types differ.",
    ])
      expect(within(table).getByText(words)).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Compare events too" }));
    expect(started(backend, "start_comparison")).toEqual([{ restore: "r1", largeToo: true }]);
    await user.click(screen.getByRole("button", { name: "Bring missing rows back…" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ job: "r1", step: "missing" }));
  });

  const transactions = { table: "public.transactions", expectedRows: 4_000, foundRows: 4_000 } as const;
  const accounts = { table: "public.accounts", expectedRows: 1_000, foundRows: 1_000 } as const;
  const inCopy = (...tables: { table: string; expectedRows: number; foundRows: number }[]) =>
    restored({ tables: tables.map((table) => ({ ...table, verdict: "match" })) });
  const primaries = () =>
    screen
      .getAllByRole("button")
      .filter((button) => button.dataset.variant === "primary")
      .map((button) => button.textContent);

  it("tells a table that is gone first, with its rows, and leads to its restore", async () => {
    const user = userEvent.setup();
    const found = comparison([
      compared("accounts", counts(0, 10)),
      compared("transactions", { kind: "notLive" }),
    ]);
    const { router } = start(proof, [found, inCopy(accounts, transactions)]);
    expect(await screen.findByRole("heading", { name: "1 table is gone from bank" })).toBeVisible();
    expect(screen.getByText(/^transactions: 4,000 rows\. No row is missing in the others\. /)).toBeVisible();
    expect(screen.queryByText(/not compared/)).toBeNull();
    const [, first] = within(screen.getByRole("table", { name: "Compared with bank" })).getAllByRole("row");
    expect(first).toHaveTextContent(/^transactionsNot in bank any more\. In the copy: 4,000 rows\./);
    expect(primaries()).toEqual(["Restore transactions into bank…"]);
    expect(screen.queryByRole("button", { name: "Bring missing rows back…" })).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Restore transactions into bank…" }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({
        tables: ["public.transactions"],
        into: "bank",
        step: "check",
      }),
    );
  });

  it("has one way back for all tables that are gone, empty ones too, beside that for missing rows", async () => {
    const user = userEvent.setup();
    const empty = { table: "public.drafts", expectedRows: 0, foundRows: 0 };
    const found = comparison([
      compared("accounts", counts(312)),
      compared("drafts", { kind: "notLive" }),
      compared("transactions", { kind: "notLive" }),
    ]);
    const { router } = start(proof, [found, inCopy(accounts, empty, transactions)]);
    expect(
      await screen.findByRole("heading", {
        name: "2 tables are gone from bank, and 312 rows are missing in it",
      }),
    ).toBeVisible();
    expect(
      screen.getByText(
        /^drafts: empty; transactions: 4,000 rows\. The missing rows: all of them in accounts\./,
      ),
    ).toBeVisible();
    expect(primaries()).toEqual(["Restore 2 tables into bank…"]);
    await user.click(screen.getByRole("button", { name: "Bring missing rows back…" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ step: "missing" }));
  });

  it("goes by the comparison where a table came or went since the restore", async () => {
    const found = comparison([compared("accounts", counts(0)), compared("transactions", counts(0))]);
    const job = inCopy(accounts, transactions);
    if (job.outcome?.kind === "restore") job.outcome.notLive = ["public.transactions"];
    start(proof, [found, job]);
    expect(await screen.findByRole("heading", { name: "No row is missing in bank" })).toBeVisible();
    expect(screen.queryByText(/Not in bank any more/)).toBeNull();
    expect(primaries()).toEqual(["Done"]);
  });

  it("restores nothing through a read-only connection", async () => {
    const found = comparison([compared("transactions", { kind: "notLive" })]);
    const readOnly = aConnection("c1", { name: "acme", readOnly: true });
    start(proof, [found, inCopy(transactions)], {
      list_connections: () => ({ connections: [readOnly], healed: null }),
      connect_cluster: () => opened(readOnly),
    });
    expect(await screen.findByText(/nothing can be brought back by it/)).toBeVisible();
    expect(primaries()).toEqual(["Done"]);
  });

  it("counts the rows of the copy, and calls them so", async () => {
    start(proof, [restored()]);
    const table = await screen.findByRole("table", { name: "Restored tables" });
    expect(
      within(table)
        .getAllByRole("columnheader")
        .map((header) => header.textContent),
    ).toEqual(["Table", "Rows in the backup", "Rows in bank_restored", "Compared"]);
  });

  it("overwrites no row that changed, and gives a statement that lists such rows", async () => {
    const user = userEvent.setup();
    const bringBack = ["accounts", "log"].map((name) => ({
      table: `public.${name}`,
      sql: `INSERT INTO ${name};`,
    }));
    const found = comparison([
      compared("accounts", counts(0, 10), { listChanged: "SELECT restored.*;" }),
      compared("odd", counts(0, 1), { onlyLive: ["note"], listChanged: "SELECT odd;" }),
      compared("log", { kind: "noKey" }),
    ]);
    start(proof, [found, restored({ bringBack })]);
    const section = (await screen.findByRole("heading", { name: "Changed since" })).parentElement;
    expect(section).toHaveTextContent(
      /^Changed since11 rows have other values in bank than in bank_restored/,
    );
    expect(section).toHaveTextContent(/Roachvault overwrites nothing: they stay as bank has them/);
    await user.click(screen.getByText("Statements that list them"));
    expect(screen.getByRole("figure", { name: "List changed rows" }).querySelector("pre")).toHaveTextContent(
      "SELECT restored.*; SELECT odd;",
    );
    // Nothing is missing in accounts: only what was not compared is left to tools of one's own.
    expect(screen.getByRole("heading", { name: "With your own tools" })).toBeVisible();
    expect(screen.getByText(/^What was not compared may lack rows in bank/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Copy the statement" })).toBeVisible();
    await expectAccessible();
  });

  it("offers no statement for missing rows where none is missing", async () => {
    const bringBack = [{ table: "public.accounts", sql: "INSERT INTO accounts;" }];
    start(proof, [comparison([compared("accounts", counts(0))]), restored({ bringBack })]);
    await screen.findByRole("heading", { name: "No row is missing in bank" });
    expect(screen.queryByRole("heading", { name: /With your own tools/i })).toBeNull();
    expect(screen.queryByRole("heading", { name: "Changed since" })).toBeNull();
  });

  it("stands in the report that can be copied", async () => {
    const user = userEvent.setup();
    start(proof, [
      restored(),
      comparison([compared("accounts", counts(312, 2, 1)), compared("audit", { kind: "noKey" })]),
    ]);
    await user.click(await screen.findByRole("button", { name: "Copy report" }));
    const report = await navigator.clipboard.readText();
    expect(report).toContain("Compared with bank: 312 rows are missing in bank.");
    expect(report).toContain("public.accounts: 1,000 rows in the backup, 1,000 in bank_restored, match\n");
    expect(report).toContain("public.accounts: 312 missing in bank, 2 changed since, 1 only in bank\n");
    expect(report).toContain("public.audit: It has no primary key, so its rows cannot be matched.\n");
  });

  it("offers nothing to bring back where nothing is missing", async () => {
    start(proof, [comparison([compared("accounts", counts(0))]), restored()]);
    expect(await screen.findByRole("heading", { name: "No row is missing in bank" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Bring missing rows back…" })).toBeNull();
  });

  it("does not show figures of before rows came back as if they were of now", async () => {
    const user = userEvent.setup();
    const { router } = start(proof, [
      broughtBack(),
      comparison([compared("accounts", counts(312))]),
      restored(),
    ]);
    expect(await screen.findByRole("heading", { name: "Does bank still lack anything?" })).toBeVisible();
    expect(screen.queryByText("312 rows are missing in bank")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Look at it" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ back: "b1" }));
  });

  it("has nothing to compare where it went into the live database itself", async () => {
    start(proof, [restored({ database: "bank" })]);
    await screen.findByRole("table", { name: "Restored tables" });
    expect(screen.queryByText(/What does bank lack/)).toBeNull();
    expect(screen.queryByText("Missing rows")).toBeNull();
  });

  it("copies all statements at once for those who have tools of their own", async () => {
    const user = userEvent.setup();
    const bringBack = ["a", "b"].map((name) => ({ table: `public.${name}`, sql: `INSERT INTO ${name};` }));
    start(proof, [restored({ bringBack })]);
    await user.click(await screen.findByRole("button", { name: "Copy all" }));
    expect(await navigator.clipboard.readText()).toBe("INSERT INTO a;\nINSERT INTO b;");
  });
});

describe("bringing missing rows back", () => {
  const found = comparison([compared("accounts", counts(300)), compared("customers", counts(300))]);

  it("takes every table that lacks rows, says what stays as it is, and starts", async () => {
    const user = userEvent.setup();
    const { backend, router } = start(missing, [found, restored()], {
      plan_bring_back: () =>
        aPlan([
          planned("customers", { changed: 9 }),
          planned("accounts", { rows: 1_200, parts: 2, needs: ["public.customers"] }),
        ]),
    });
    const go = await screen.findByRole("button", { name: "Bring 1,500 rows back into bank" });
    expect(started(backend, "plan_bring_back")).toEqual([{ comparison: "c1-compare" }]);
    expect(screen.getByText("9 rows with other values stay as bank has them.")).toBeVisible();
    expect(screen.getByText(/Nothing is deleted/)).toBeVisible();
    expect(screen.getByRole("columnheader", { name: "To know" })).toBeVisible();
    await user.click(screen.getByText("The exact statements"));
    const sql = screen.getByRole("figure", { name: "Statements to bring rows back" });
    expect(sql).toHaveTextContent(/INSERT INTO bank.public.customers.*INSERT INTO bank.public.accounts/);
    expect(screen.getByText(/Sent in parts of up to 1,000 rows/)).toBeVisible();
    await expectAccessible();
    await user.click(go);
    await waitFor(() =>
      expect(started(backend, "start_bring_back")).toEqual([
        { plan: "plan-1", tables: ["public.customers", "public.accounts"], typedName: null },
      ]),
    );
    await waitFor(() => expect(router.state.location.search).toMatchObject({ back: "b1" }));
  });

  it("says that rows which were deleted on purpose come back too, and keeps no empty column", async () => {
    start(missing, [found, restored()], { plan_bring_back: () => aPlan([planned("accounts")]) });
    const warning = await screen.findByText("Rows that were deleted on purpose come back too");
    const go = screen.getByRole("button", { name: "Bring 300 rows back into bank" });
    expect(warning.compareDocumentPosition(go)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    expect(screen.getByText(/every row of bank_restored that bank lacks is inserted again/)).toBeVisible();
    expect(screen.queryByRole("columnheader", { name: "To know" })).toBeNull();
  });

  it("warns of rows that will stay out because what they refer to was not chosen", async () => {
    const user = userEvent.setup();
    start(missing, [found, restored()], {
      plan_bring_back: () =>
        aPlan([planned("customers"), planned("accounts", { needs: ["public.customers"] })]),
    });
    await user.click(await screen.findByRole("checkbox", { name: "customers" }));
    expect(screen.getByText("customers lacks rows too")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Take customers along" }));
    expect(screen.getByRole("checkbox", { name: "customers" })).toBeChecked();
    expect(screen.queryByText("customers lacks rows too")).toBeNull();
  });

  it("chooses nothing on production, and asks for the name of the database it writes into", async () => {
    const user = userEvent.setup();
    const { backend } = start(
      missing,
      [found, restored()],
      {
        plan_bring_back: () => aPlan([planned("accounts"), planned("customers")], { typeToConfirm: "bank" }),
      },
      "production",
    );
    expect(await screen.findByRole("button", { name: "Bring rows back" })).toBeDisabled();
    expect(screen.getByText(/On production no table is chosen beforehand/)).toBeVisible();
    await user.click(screen.getByRole("checkbox", { name: "accounts" }));
    await user.click(screen.getByRole("button", { name: "Bring 300 rows back into bank" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Write into bank on acme?" });
    await expectAccessible();
    await user.type(within(dialog).getByRole("textbox"), "bank{Enter}");
    await waitFor(() =>
      expect(started(backend, "start_bring_back")).toEqual([
        { plan: "plan-1", tables: ["public.accounts"], typedName: "bank" },
      ]),
    );
  });

  it("says of a table why its rows cannot come back", async () => {
    start(missing, [found, restored()], {
      plan_bring_back: () =>
        aPlan([
          planned("accounts", {
            obstacle: { text: "ada may not insert into it.", sql: "GRANT INSERT ON TABLE x TO ada;" },
          }),
        ]),
    });
    expect(await screen.findByText(/Cannot come back. ada may not insert into it/)).toBeVisible();
    expect(screen.getByRole("checkbox", { name: "accounts" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Bring rows back" })).toBeDisabled();
  });

  it("shows how many rows are back while it runs, and pauses", async () => {
    const user = userEvent.setup();
    const running = broughtBack({
      state: "running",
      phase: "Bringing back accounts",
      progress: { done: 100, total: 312, unit: "rows" },
      ended: false,
      can: { ...ended.can, pause: true, cancel: true },
      outcome: null,
    });
    const { backend } = start(`${missing}&back=b1`, [running, found, restored()], { pause_job: () => null });
    expect(await screen.findByText("32 %")).toBeVisible();
    expect(screen.getAllByText(/^100 of 312 rows/)[0]).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Pause" }));
    expect(started(backend, "pause_job")).toEqual([{ id: "b1" }]);
  });

  it("is proven when nothing was found missing afterwards", async () => {
    start(`${missing}&back=b1`, [broughtBack(), found, restored()]);
    expect(await screen.findByRole("heading", { name: "312 rows are back in bank" })).toBeVisible();
    const table = screen.getByRole("table", { name: "Brought back into bank" });
    expect(within(table).getByRole("row", { name: /accounts/ })).toHaveTextContent(/312.*none missing/);
    await expectAccessible();
  });

  it("keeps what came back and says what to do about the rest", async () => {
    const partly = broughtBack(
      { state: "partlyDone", error: failure({ message: "12 rows are still missing in bank." }) },
      { inserted: 300, stillMissing: 12 },
    );
    if (partly.outcome?.kind === "bringBack" && partly.outcome.tables[0])
      partly.outcome.tables[0].reasons = ["Rows of accounts stayed out. Bring back customers first."];
    start(`${missing}&back=b1`, [partly, found, restored()]);
    expect(await screen.findByRole("heading", { name: "300 rows are back, but not all" })).toBeVisible();
    expect(screen.getByText(/Bring back customers first/)).toBeVisible();
    expect(screen.getByText("12 still missing")).toBeVisible();
    expect(screen.getByRole("button", { name: "Compare again" })).toBeVisible();
  });

  it("is found again in the activity", async () => {
    const user = userEvent.setup();
    const { router } = start("/activity", [broughtBack(), found, restored()]);
    await user.click(
      await screen.findByRole("button", { name: "Open: Bring 312 missing rows back into bank" }),
    );
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ job: "r1", step: "missing", back: "b1" }),
    );
  });
});

describe("a table that is in the way", () => {
  it("is restored beside in one press, for its missing rows", async () => {
    const user = userEvent.setup();
    const label = "Restore it beside, then bring the missing rows back";
    const { backend } = start(
      `/clusters/c1/restore?${new URLSearchParams({
        collection: bankBackup,
        subdirectory: "/2026/11/23-110000.00",
        database: "bank",
        into: "bank",
        step: "check",
        tables: '["public.accounts"]',
      })}`,
      [],
      {
        plan_restore: ({ request }) =>
          (request as { target: { isNewDatabase: boolean } }).target.isNewDatabase
            ? aRestorePlan()
            : aRestorePlan({
                canStart: false,
                checks: [
                  aCheck("nameFree", {
                    level: "blocked",
                    title: "public.accounts exists in bank already",
                    fixes: [
                      {
                        type: "beside",
                        newName: "bank_restored",
                        options: ["skipMissingForeignKeys"],
                        label,
                      },
                    ],
                  }),
                ],
              }),
      },
    );
    await user.click(await screen.findByRole("button", { name: label }));
    await waitFor(() =>
      expect(started(backend, "plan_restore").at(-1)?.request).toMatchObject({
        target: { tables: ["public.accounts"], intoDatabase: "bank_restored", isNewDatabase: true },
        options: ["skipMissingForeignKeys"],
      }),
    );
    expect(await screen.findByRole("button", { name: "Restore into the new bank_restored" })).toBeEnabled();
  });
});

describe("a backup that is not where it was", () => {
  const place = `/clusters/c1/restore?${new URLSearchParams({
    collection: bankBackup,
    subdirectory: "/2026/11/23-110000.00",
    step: "what",
  })}`;
  const gone = () => {
    throw failure({
      code: "notFound",
      message: "There is no bank-backup in the file storage any more.",
      hint: "It was renamed, moved or deleted since.",
    });
  };

  it("is taken from where its collection is now", async () => {
    const user = userEvent.setup();
    const { router } = start(place, [], {
      get_backup: gone,
      list_collections_holding: () => [aCollection({ uri: "userfile:///kept", name: "kept" })],
    });
    expect(await screen.findByText(/There is no bank-backup/)).toBeVisible();
    await user.click(await screen.findByRole("button", { name: "Take it from kept" }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ collection: "userfile:///kept", step: "what" }),
    );
  });

  it("leads to all backups where it is nowhere else", async () => {
    const user = userEvent.setup();
    const { router } = start(place, [], { get_backup: gone, list_collections_holding: () => [] });
    expect(await screen.findByText("It was renamed, moved or deleted since.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "See all backups" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/clusters/c1/backups"));
  });
});
