import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, anOutage, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import {
  aBackupList,
  aChain,
  aCheck,
  aCollection,
  aDatabase,
  aRestorePlan,
  bankBackup,
} from "../../../tests/wire";
import type { BackupContents, Job, JobOutcome, RowProof } from "../../ipc/bindings";

const prod = aConnection("c1", { name: "acme-prod", environment: "production" });

const contents: BackupContents = {
  chain: aChain(),
  objects: [
    {
      database: null,
      schema: null,
      name: "bank",
      kind: "database",
      rows: null,
      sizeBytes: null,
    },
    {
      database: "bank",
      schema: "public",
      name: "accounts",
      kind: "table",
      rows: 24_000,
      sizeBytes: 1024,
    },
    {
      database: "bank",
      schema: "public",
      name: "customers",
      kind: "table",
      rows: 12_210,
      sizeBytes: 1024,
    },
  ],
};

function atRestore(answers: Parameters<typeof mockBackend>[0] = {}) {
  return mockBackend({
    list_connections: () => ({ connections: [prod], healed: null }),
    connect_cluster: () => opened(prod),
    list_collections: () => [aCollection()],
    list_backups: () => aBackupList(),
    get_backup: () => contents,
    list_databases: () => [aDatabase("bank"), aDatabase("movr")],
    list_tables: () => ["public.accounts"],
    plan_restore: () => aRestorePlan(),
    start_restore: () => "j1",
    get_overview: () => ({ databases: [], files: null, gaps: [], checkedAt: "2026-11-23T10:00:00Z" }),
    ...answers,
  });
}

const place = (search: Record<string, string>) =>
  `/clusters/c1/restore?${new URLSearchParams({
    collection: bankBackup,
    subdirectory: "/2026/11/23-110000.00",
    moment: "2026-11-23T11:00:00.123456Z",
    database: "bank",
    ...search,
  })}`;
const requestOf = (backend: ReturnType<typeof mockBackend>) =>
  backend.sent.filter(([command]) => command === "plan_restore").at(-1)?.[1].request;

const endedCan = {
  pause: false,
  resume: false,
  cancel: false,
  retryFailed: false,
  dismiss: true,
  showInFolder: false,
};
const restoreJob = (job: Partial<Job> = {}) =>
  aJob("j1", {
    kind: "restore",
    title: "Restore bank as bank_restored",
    progress: { done: 46, total: 100, unit: "percent" },
    secondsLeft: 170,
    ...job,
  });
type RestoreOutcome = Extract<JobOutcome, { kind: "restore" }>;
const outcome = (tables: RowProof[], rest: Partial<RestoreOutcome> = {}): RestoreOutcome => ({
  kind: "restore",
  database: "bank_restored",
  fromDatabase: "bank",
  collection: bankBackup,
  subdirectory: "/2026/11/23-110000.00",
  moment: "2026-11-23T11:00:00Z",
  tables,
  allMatch: tables.every((table) => table.verdict === "match"),
  verdict: "Said by the back end.",
  lostGrants: [],
  whole: true,
  isNewDatabase: true,
  losses: [],
  bringBack: [],
  notLive: [],
  swap: null,
  ...rest,
});
const match: RowProof = {
  table: "public.accounts",
  expectedRows: 24_000,
  foundRows: 24_000,
  verdict: "match",
};

describe("the restore wizard", () => {
  it("leads from a moment to a running restore, with the name of the target typed on production", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ plan_restore: () => aRestorePlan({ typeToConfirm: "bank_restored" }) });
    const router = renderApp("/clusters/c1/restore?database=bank");
    expect(await screen.findByRole("button", { name: "Use this moment" })).toBeDisabled();
    expect(screen.getByText(/On production none is chosen beforehand/)).toBeVisible();
    await user.click(screen.getByRole("row", { name: /^23 Nov 2026/ }));
    await user.click(screen.getByRole("button", { name: /^Use 23 Nov 2026/ }));
    expect(await screen.findByRole("textbox", { name: "Name of the restored database" })).toHaveValue("");
    expect(screen.getByRole("button", { name: "Check it" })).toBeDisabled();
    await user.keyboard("bank_restored{Enter}");
    expect(await screen.findByRole("heading", { name: "Will this work?" })).toBeVisible();
    expect(screen.getByRole("figure", { name: "The exact statement" })).toHaveTextContent(
      "RESTORE DATABASE bank",
    );
    expect(requestOf(backend)).toMatchObject({
      collection: bankBackup,
      subdirectory: "/2026/11/23-110000.00",
      moment: "2026-11-23T11:00:00.123456Z",
      target: { type: "database", database: "bank", newName: "bank_restored" },
    });
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Restore beside the live one" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Restore on acme-prod?" });
    expect(within(dialog).getByText("Production")).toBeVisible();
    expect(within(dialog).getByRole("button", { name: "Restore beside the live one" })).toBeDisabled();
    expect(backend.sent.some(([command]) => command === "start_restore")).toBe(false);
    await user.type(within(dialog).getByRole("textbox"), "bank_restored{Enter}");
    await waitFor(() =>
      expect(backend.sent).toContainEqual(["start_restore", { plan: "plan-1", typedName: "bank_restored" }]),
    );
    await waitFor(() => expect(router.state.location.search).toMatchObject({ job: "j1" }));
  });

  it("loses no choice on the way back", async () => {
    const user = userEvent.setup();
    atRestore();
    renderApp(place({ as: "bank_monday", step: "check" }));
    await screen.findByRole("heading", { name: "Will this work?" });
    const steps = screen.getByRole("navigation", { name: "Steps of the restore" });
    await user.click(within(steps).getByRole("button", { name: /Moment/ }));
    expect(await screen.findByRole("heading", { name: "Which moment of bank?" })).toBeVisible();
    expect(within(steps).getByText("as bank_monday")).toBeVisible();
    await user.click(within(steps).getByRole("button", { name: /Where/ }));
    expect(await screen.findByRole("textbox", { name: "Name of the restored database" })).toHaveValue(
      "bank_monday",
    );
  });

  it("says that a name is taken while it is typed", async () => {
    const user = userEvent.setup();
    atRestore();
    renderApp(place({ step: "where" }));
    const field = await screen.findByRole("textbox", { name: "Name of the restored database" });
    await user.clear(field);
    await user.type(field, "movr");
    expect(screen.getByText("A database named movr exists on acme-prod already.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Check it" })).toBeDisabled();
    await expectAccessible();
  });

  it("takes single tables into a database that exists", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    renderApp(place({ step: "what" }));
    await user.click(await screen.findByRole("radio", { name: /Some tables/ }));
    expect(await screen.findByRole("row", { name: /customers, table, not in bank any more/ })).toBeVisible();
    expect(screen.getByRole("button", { name: "Take these tables" })).toBeDisabled();
    // A plain click ticks one more.
    await user.click(screen.getByRole("row", { name: /public\.customers/ }));
    await user.click(screen.getByRole("row", { name: /public\.accounts/ }));
    expect(screen.getByRole("button", { name: "Take 2 tables" })).toBeEnabled();
    await user.click(screen.getByRole("row", { name: /public\.customers/ }));
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Take 1 table" }));
    // On production nothing is chosen beforehand.
    expect(await screen.findByRole("button", { name: "Check it" })).toBeDisabled();
    await user.click(screen.getByRole("radio", { name: /A database that exists/ }));
    await user.click(await screen.findByRole("button", { name: /Database for accounts/ }));
    await user.click(await screen.findByRole("option", { name: /movr/ }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await screen.findByRole("heading", { name: "Will this work?" });
    expect(requestOf(backend)).toMatchObject({
      target: {
        type: "tables",
        database: "bank",
        tables: ["public.accounts"],
        intoDatabase: "movr",
        isNewDatabase: false,
      },
    });
  });

  it("takes single tables into a database that is made for them", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    renderApp(`${place({ step: "where" })}&tables=${encodeURIComponent('["public.accounts"]')}`);
    await user.click(await screen.findByRole("radio", { name: /A new database/ }));
    await user.type(screen.getByRole("textbox", { name: "Name of the restored database" }), "scratch{Enter}");
    await screen.findByRole("heading", { name: "Will this work?" });
    expect(requestOf(backend)).toMatchObject({
      target: { type: "tables", tables: ["public.accounts"], intoDatabase: "scratch", isNewDatabase: true },
    });
  });

  it("offers both ways out where a table refers to another, and says what will be missing", async () => {
    const user = userEvent.setup();
    const backend = atRestore({
      plan_restore: ({ request }) =>
        (request as { options: string[] }).options.length > 0
          ? aRestorePlan({
              checks: [
                aCheck("links", {
                  level: "attention",
                  title: "accounts comes without its link to customers (fk)",
                  fixes: [{ type: "sql", label: "How to bring it back afterwards", sql: "ALTER TABLE x" }],
                }),
              ],
            })
          : aRestorePlan({
              canStart: false,
              checks: [
                aCheck("links", {
                  level: "blocked",
                  title: "accounts needs customers",
                  fixes: [
                    {
                      type: "allow",
                      options: ["skipMissingForeignKeys"],
                      label: "Without the links to others",
                    },
                    {
                      type: "takeAlong",
                      tables: ["public.accounts", "public.customers"],
                      newName: "bank_restored",
                      label: "Together with customers, into the new bank_restored",
                    },
                  ],
                }),
              ],
            }),
    });
    const tables = encodeURIComponent('["public.accounts"]');
    renderApp(`${place({ into: "bank", step: "check" })}&tables=${tables}`);
    await user.click(await screen.findByRole("button", { name: "Without the links to others" }));
    expect(await screen.findByText(/accounts comes without its link/)).toBeInTheDocument();
    expect(requestOf(backend)).toMatchObject({
      options: ["skipMissingForeignKeys"],
      target: { intoDatabase: "bank", isNewDatabase: false },
    });
    await expectAccessible();
    // The choice can be taken back.
    await user.click(screen.getByRole("checkbox", { name: /without foreign keys that point outside/ }));
    await user.click(
      await screen.findByRole("button", { name: "Together with customers, into the new bank_restored" }),
    );
    await waitFor(() =>
      expect(requestOf(backend)).toMatchObject({
        options: [],
        target: {
          tables: ["public.accounts", "public.customers"],
          intoDatabase: "bank_restored",
          isNewDatabase: true,
        },
      }),
    );
  });

  it("opens an encrypted backup with its passphrase, which is in no address", async () => {
    const user = userEvent.setup();
    atRestore({
      get_backup: ({ passphrase }) => {
        if (passphrase !== "hunter2")
          throw failure({ code: "secretNeeded", message: "This backup is encrypted." });
        return contents;
      },
    });
    const router = renderApp(place({ step: "what" }));
    await user.type(await screen.findByLabelText("Passphrase"), "hunter2{Enter}");
    expect(await screen.findByRole("radio", { name: /The whole database bank/ })).toBeVisible();
    expect(router.state.location.href).not.toContain("hunter2");
  });

  it("offers for each obstacle the one thing that can be done, and plans again", async () => {
    const user = userEvent.setup();
    const backend = atRestore({
      plan_restore: () =>
        aRestorePlan({
          canStart: false,
          checks: [
            aCheck("nameFree", {
              level: "blocked",
              title: "Taken",
              fixes: [{ type: "useName", name: "bank_restored_2" }],
            }),
            aCheck("foreignKeys", {
              level: "blocked",
              fixes: [{ type: "allow", options: ["skipMissingForeignKeys"], label: "Restore without them" }],
            }),
          ],
        }),
    });
    renderApp(place({ as: "bank_restored", step: "check" }));
    expect(await screen.findByText("2 things in the way")).toBeVisible();
    expect(screen.getByText("First see to what is in the way.")).toBeVisible();
    expect(screen.queryByText(/You may close the window/)).toBeNull();
    expect(screen.getByRole("button", { name: "Restore beside the live one" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Use bank_restored_2" }));
    await waitFor(() => expect(requestOf(backend)).toMatchObject({ target: { newName: "bank_restored_2" } }));
    await user.click(await screen.findByRole("button", { name: "Restore without them" }));
    await waitFor(() => expect(requestOf(backend)).toMatchObject({ options: ["skipMissingForeignKeys"] }));
  });

  it("lists what is in the way first, then what one should know", async () => {
    atRestore({
      plan_restore: () =>
        aRestorePlan({
          checks: [
            aCheck("one"),
            aCheck("two", { level: "attention" }),
            aCheck("three"),
            aCheck("four", { level: "blocked" }),
            aCheck("five", { level: "attention" }),
          ],
        }),
    });
    renderApp(place({ as: "bank_restored", step: "check" }));
    const checks = within(await screen.findByRole("list", { name: "Will this work?" })).getAllByRole(
      "listitem",
    );
    expect(checks.map((check) => /The check (\w+?)As/.exec(check.textContent ?? "")?.[1])).toEqual([
      "four",
      "two",
      "five",
      "one",
      "three",
    ]);
    expect(screen.getByText("You may close the window meanwhile.")).toBeVisible();
    expect(screen.getByText(/1 table, 84,210 rows, about 92.0 MiB\./)).toBeVisible();
  });

  it("proposes the database's own name where there is none of it, and says nothing of a live one", async () => {
    const user = userEvent.setup();
    const acme = aConnection("c1", { name: "acme" });
    const backend = atRestore({
      list_connections: () => ({ connections: [acme], healed: null }),
      connect_cluster: () => opened(acme),
      list_databases: () => [aDatabase("movr")],
      plan_restore: ({ request }) =>
        aRestorePlan({ newName: (request as { target: { newName: string } }).target.newName }),
    });
    renderApp(place({ step: "where" }));
    const field = await screen.findByRole("textbox", { name: "Name of the restored database" });
    expect(field).toHaveValue("bank");
    expect(screen.getByText("Under its own name, or under a new one.")).toBeVisible();
    expect(screen.getByText(/There is no bank on acme now/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByRole("button", { name: "Restore under its own name" })).toBeEnabled();
    expect(requestOf(backend)).toMatchObject({ target: { newName: "bank" } });
    expect(screen.getByText(/under its own name\. There is no database of that name now\./)).toBeVisible();
    expect(screen.queryByText(/live/)).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Back" }));
    const again = await screen.findByRole("textbox", { name: "Name of the restored database" });
    await user.clear(again);
    await user.type(again, "bank_old{Enter}");
    expect(await screen.findByRole("button", { name: "Restore as bank_old" })).toBeEnabled();
    expect(screen.queryByText(/live/)).toBeNull();
  });

  it("says why it did not start, and checks again", async () => {
    const user = userEvent.setup();
    atRestore({
      start_restore: () => {
        throw failure({ code: "planChanged", message: "bank_restored exists by now." });
      },
    });
    renderApp(place({ as: "bank_restored", step: "check" }));
    await user.click(await screen.findByRole("button", { name: "Restore beside the live one" }));
    expect(await screen.findByText("bank_restored exists by now.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check again" }));
    await waitFor(() => expect(screen.queryByText("bank_restored exists by now.")).toBeNull());
  });
});

describe("the moment", () => {
  it("is moved by keyboard along the line, and typed", async () => {
    const user = userEvent.setup();
    const layer = aChain().layers[0];
    if (!layer) throw new Error("no layer");
    atRestore({
      list_backups: () =>
        aBackupList({
          chains: [
            aChain({
              layers: [
                { ...layer, endTime: "2026-11-20T22:00:00Z" },
                {
                  ...layer,
                  kind: "incremental",
                  endTime: "2026-11-21T22:00:00Z",
                  revisionsSince: "2026-11-20T22:00:00Z",
                },
              ],
            }),
          ],
          windows: [
            {
              subdirectory: "/2026/11/23-110000.00",
              from: "2026-11-20T22:00:00Z",
              to: "2026-11-21T22:00:00Z",
            },
          ],
        }),
    });
    const router = renderApp("/clusters/c1/restore?database=bank");
    const line = await screen.findByRole("slider", { name: "Moment to go back to" });
    expect(line).toHaveAttribute("aria-valuetext", "none chosen");
    await expectAccessible();
    line.focus();
    await user.keyboard("{ArrowLeft}");
    expect(line).toHaveAttribute("aria-valuetext", "21 Nov 2026, 22:00:00 UTC");
    await user.keyboard("{ArrowLeft}");
    expect(line).toHaveAttribute("aria-valuetext", "20 Nov 2026, 22:00:00 UTC");
    await user.click(screen.getByRole("button", { name: "5 minutes before an accident…" }));
    const field = screen.getByRole("textbox", { name: "When did it happen?" });
    await user.clear(field);
    await user.type(field, "some day");
    expect(screen.getByText(/This is not understood/)).toBeVisible();
    await user.clear(field);
    await user.type(field, "2026-11-21 10:42 UTC{Enter}");
    expect(line).toHaveAttribute("aria-valuetext", "21 Nov 2026, 10:37:00 UTC");
    await user.click(screen.getByRole("button", { name: /^Use / }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ moment: "2026-11-21T10:37:00.000Z" }),
    );
  });

  it("opens a backup that lies elsewhere by its address", async () => {
    const user = userEvent.setup();
    const bucket = aCollection({ uri: "s3://acme/bank?AWS_SECRET_ACCESS_KEY=redacted", storage: "s3" });
    const backend = atRestore({ list_collections: () => [], open_collection: () => bucket });
    const router = renderApp("/clusters/c1/restore");
    await user.click(await screen.findByRole("button", { name: "Open a backup elsewhere…" }));
    await user.keyboard("{Enter}");
    expect(screen.getByText("Enter an address.")).toBeVisible();
    await expectAccessible();
    await user.keyboard(" s3://acme/bank?AWS_SECRET_ACCESS_KEY=k {Enter}");
    await waitFor(() => expect(router.state.location.search).toEqual({ collection: bucket.uri }));
    expect(backend.sent).toContainEqual([
      "open_collection",
      { connection: "c1", uri: "s3://acme/bank?AWS_SECRET_ACCESS_KEY=k" },
    ]);
    expect(await screen.findByRole("row", { name: /^23 Nov 2026/ })).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("keeps the address in the dialog where it cannot be read", async () => {
    const user = userEvent.setup();
    atRestore({
      list_collections: () => [],
      open_collection: () => {
        throw failure({ message: "The storage does not accept these keys." });
      },
    });
    renderApp("/clusters/c1/restore");
    await user.click(await screen.findByRole("button", { name: "Open a backup elsewhere…" }));
    await user.keyboard("s3://acme/bank{Enter}");
    const dialog = await screen.findByRole("dialog");
    expect(await within(dialog).findByText("The storage does not accept these keys.")).toBeVisible();
    expect(within(dialog).getByRole("textbox", { name: "Address" })).toHaveValue("s3://acme/bank");
  });

  it("begins with the database where there are several, also one that is gone", async () => {
    const user = userEvent.setup();
    const backup = (collection: string) => ({
      collection,
      subdirectory: "/2026/11/23-110000.00",
      endTime: "2026-11-23T11:00:00Z",
      kind: "full" as const,
    });
    const movrBackup = "userfile://defaultdb.public.userfiles_ada/movr-backup";
    const backend = atRestore({
      list_collections: () => [aCollection(), aCollection({ uri: movrBackup, name: "movr-backup" })],
      get_overview: () => ({
        databases: [
          aDatabase("bank", { newestBackup: backup(bankBackup) }),
          aDatabase("movr", { isGone: true, tables: null, newestBackup: backup(movrBackup) }),
          aDatabase("defaultdb"),
        ],
        files: null,
        gaps: [],
        checkedAt: "2026-11-23T10:00:00Z",
      }),
    });
    renderApp("/clusters/c1/restore");
    expect(await screen.findByRole("heading", { name: "Which database?" })).toBeVisible();
    expect(await screen.findByText("not on the cluster")).toBeVisible();
    await expectAccessible();
    expect(backend.sent.some(([command]) => command === "list_backups")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Moments of movr" }));
    expect(await screen.findByRole("heading", { name: "Which moment of movr?" })).toBeVisible();
    await waitFor(() =>
      expect(backend.sent).toContainEqual(["list_backups", { connection: "c1", collection: movrBackup }]),
    );
  });

  it("is one of a list, chosen with the arrow keys as among radio buttons", async () => {
    const user = userEvent.setup();
    const layer = aChain().layers[0];
    if (layer === undefined) throw new Error("the sample has no layer");
    const older = { ...layer, endTime: "2026-11-22T11:00:00Z" };
    atRestore({
      list_backups: () =>
        aBackupList({ chains: [aChain(), aChain({ subdirectory: "/older", layers: [older] })] }),
    });
    renderApp("/clusters/c1/restore?database=bank");
    const moments = await screen.findByRole("grid", { name: "Moments" });
    const [, newest, other] = within(moments).getAllByRole("row");
    // On production none is chosen beforehand.
    expect(newest).toHaveAttribute("aria-selected", "false");
    moments.focus();
    await user.keyboard("{ArrowDown}");
    expect(newest).toHaveAttribute("aria-selected", "true");
    await user.keyboard("{ArrowDown}");
    expect(newest).toHaveAttribute("aria-selected", "false");
    expect(other).toHaveAttribute("aria-selected", "true");
    await user.keyboard("{Escape}[Space]");
    expect(other).toHaveAttribute("aria-selected", "true");
    await expectAccessible();
  });

  it("tells of moments of the database that other collections keep", async () => {
    const user = userEvent.setup();
    const schedule = aCollection({ uri: "userfile:///bank-schedule", name: "bank-schedule" });
    const movr = aCollection({ uri: "userfile:///movr-backup", name: "movr-backup" });
    const backend = atRestore({
      list_collections: () => [aCollection(), schedule, movr],
      list_backups: ({ collection }) =>
        aBackupList({
          collection: [aCollection(), schedule, movr].find(({ uri }) => uri === collection),
          chains: [aChain({ databases: [collection === movr.uri ? "movr" : "bank"] })],
        }),
    });
    const router = renderApp(`/clusters/c1/restore?${new URLSearchParams({ database: "bank" })}`);
    const more = await screen.findByRole("table", { name: "More moments of bank" });
    expect(within(more).getAllByRole("row")).toHaveLength(2);
    await expectAccessible();
    await user.click(within(more).getByRole("button", { name: "Moments in bank-schedule" }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ database: "bank", collection: schedule.uri }),
    );
    // And back: the first one is among the others now.
    expect(await screen.findByRole("button", { name: "Moments in bank-backup" })).toBeVisible();
    expect(backend.sent.filter(([command]) => command === "list_backups")).toHaveLength(3);
  });

  it("leaves out backups without the database, and says so", async () => {
    const user = userEvent.setup();
    atRestore({
      list_backups: () =>
        aBackupList({ chains: [aChain(), aChain({ subdirectory: "/other", databases: ["movr"] })] }),
    });
    renderApp("/clusters/c1/restore?database=bank");
    expect(await screen.findByText(/1 backup without bank is left out/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show all" }));
    expect(screen.queryByText(/left out/)).toBeNull();
  });

  it("of an encrypted backup is known only once it was opened", async () => {
    const user = userEvent.setup();
    atRestore({
      list_backups: () => aBackupList({ chains: [aChain({ layers: [], databases: [], encrypted: true })] }),
    });
    const router = renderApp("/clusters/c1/restore?database=bank");
    await user.click(await screen.findByRole("button", { name: "Open /2026/11/23-110000.00" }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({
        subdirectory: "/2026/11/23-110000.00",
        step: "what",
      }),
    );
  });

  it("says what is missing when nothing was backed up", async () => {
    atRestore({ list_collections: () => [] });
    renderApp("/clusters/c1/restore");
    expect(await screen.findByRole("heading", { name: "No backup found here" })).toBeVisible();
    expect(screen.getByText(/Only the file storage of ada was looked at/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Open a backup elsewhere…" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Undelete files…" })).toBeVisible();
    await expectAccessible();
  });

  it("that no backup holds is looked for in what the cluster itself still keeps", async () => {
    const user = userEvent.setup();
    atRestore({ list_collections: () => [] });
    const router = renderApp("/clusters/c1/restore?database=bank");
    await user.click(await screen.findByRole("button", { name: "Back up an earlier moment…" }));
    expect(await screen.findByRole("checkbox", { name: /As it was at an earlier moment/ })).toBeChecked();
    expect(router.state.location.search).toMatchObject({ database: "bank" });
  });
});

describe("the running restore", () => {
  it("shows how far it is and that the window may be closed", async () => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({ full: true, jobs: [restoreJob({ phase: "Writing the tables" })], removed: [] }),
    );
    expect(await screen.findByText("46 %")).toBeVisible();
    expect(screen.getByText("Writing the tables")).toBeVisible();
    expect(screen.getByText("about 3 minutes left")).toBeVisible();
    expect(screen.getByText(/You may close the window meanwhile/)).toBeVisible();
    await expectAccessible();
  });

  it("is cancelled only after a question", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ cancel_job: () => null });
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() => backend.sendJobs({ full: true, jobs: [restoreJob()], removed: [] }));
    await user.click(await screen.findByRole("button", { name: "Cancel the restore…" }));
    await user.click(await screen.findByRole("button", { name: "Let it run" }));
    expect(backend.sent.some(([command]) => command === "cancel_job")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Cancel the restore…" }));
    await user.click(await screen.findByRole("button", { name: "Cancel the restore" }));
    expect(backend.sent).toContainEqual(["cancel_job", { id: "j1" }]);
  });

  it("claims nothing of a restore whose cluster does not answer, and follows when it does", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ cancel_job: () => null, reach_cluster: () => null });
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const tell = (job: Partial<Job>) =>
      act(() => backend.sendJobs({ full: true, jobs: [restoreJob(job)], removed: [] }));
    tell({});
    expect(await screen.findByText("46 %")).toBeVisible();
    tell({ state: "waiting", outage: anOutage(), clusterJobId: "77" });
    expect(await screen.findByText(/was told to run this restore, as its job 77/)).toBeVisible();
    expect(screen.getByText(/whether it is over, is not known/)).toBeVisible();
    expect(screen.getByText("when it last answered")).toBeVisible();
    expect(screen.getAllByText(/Trying again in \d+ s/)[0]).toBeVisible();
    expect(screen.queryByText(/goes on/)).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Try now" }));
    expect(backend.sent).toContainEqual(["reach_cluster", { id: "c1" }]);

    tell({ state: "waiting", outage: anOutage(), asked: "cancel" });
    expect(
      (await screen.findAllByText(/Cancel asked for; it is sent when the cluster answers/))[0],
    ).toBeVisible();
    tell({ phase: "Writing the tables" });
    expect(await screen.findByText("Writing the tables")).toBeVisible();
    expect(screen.queryByText(/is not known/)).toBeNull();
  });

  it.each([
    ["paused", "The restore is paused"],
    ["reverting", "The cluster takes back what it has written"],
    ["waiting", "The restore is not followed now"],
  ] as const)("that is %s says so", async (state, title) => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() => backend.sendJobs({ full: true, jobs: [restoreJob({ state })], removed: [] }));
    expect((await screen.findAllByText(title))[0]).toBeVisible();
  });
});

describe("the end of a restore", () => {
  const endings: [string, Partial<Job>, string][] = [
    [
      "is good when every table was counted and matches",
      { state: "succeeded", outcome: outcome([match]) },
      "bank is back, as bank_restored",
    ],
    [
      "is not good when a table has other rows",
      {
        state: "partlyDone",
        outcome: outcome([match, { ...match, table: "public.b", foundRows: 1, verdict: "differs" }]),
      },
      "bank_restored is there, but does not match the backup",
    ],
    [
      "is not good when nothing could be compared, whatever the job says",
      {
        state: "succeeded",
        outcome: outcome([{ ...match, expectedRows: null, verdict: "notComparable" }], { allMatch: false }),
      },
      "bank_restored is there, but not all rows could be compared",
    ],
    [
      "is good when the rows are those that were live at that moment",
      { state: "succeeded", outcome: outcome([{ ...match, verdict: "matchesLive" }], { allMatch: true }) },
      "bank is back, as bank_restored",
    ],
    [
      "is not good when the live rows were others",
      {
        state: "succeeded",
        outcome: outcome([{ ...match, foundRows: 1, verdict: "differsFromLive" }], { allMatch: false }),
      },
      "bank_restored is there, but not all rows could be compared",
    ],
    [
      "names the table that came back",
      { state: "succeeded", outcome: outcome([match], { whole: false, database: "bank" }) },
      "accounts is back, in bank_restored",
    ],
    [
      "says that nothing was restored",
      { state: "failed", error: failure({ message: "A file is missing." }) },
      "bank was not restored",
    ],
    ["says that it was cancelled", { state: "cancelled" }, "The restore was cancelled"],
    ["says when nobody knows", { state: "unknown" }, "What became of the restore is not known"],
    [
      "says when the cluster says it is there and nobody could look",
      { state: "unknown", outcome: outcome([], { allMatch: false }) },
      "The cluster says that bank_restored is restored, but it could not be checked",
    ],
    [
      "is not good when a table could not be counted",
      { state: "unknown", outcome: outcome([{ ...match, foundRows: null, verdict: "notCounted" }]) },
      "bank_restored is there, but not all rows could be compared",
    ],
  ];
  it.each(endings)("%s", async (_, job, title) => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({
        full: true,
        jobs: [restoreJob({ ...job, ended: true, can: endedCan })],
        removed: [],
      }),
    );
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
  });

  it("lists what does not match first, and the grants to give back", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const job = restoreJob({
      state: "partlyDone",
      ended: true,
      can: endedCan,
      outcome: outcome([match, { ...match, table: "public.zebra", foundRows: null, verdict: "missing" }], {
        lostGrants: ["GRANT SELECT ON TABLE bank_restored.public.accounts TO report"],
      }),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    const rows = within(await screen.findByRole("table", { name: "Restored tables" })).getAllByRole("row");
    expect(rows[1]).toHaveTextContent(/zebra.*missing/);
    await expectAccessible();
    await user.click(screen.getByText("Review 1 grant"));
    expect(screen.getByRole("figure", { name: "Grants to run" })).toHaveTextContent("TO report;");
  });

  it("says of single tables what failed, and that their database is as it was", async () => {
    const backend = atRestore();
    const tables = encodeURIComponent('["public.accounts"]');
    renderApp(`${place({ into: "bank", job: "j1" })}&tables=${tables}`);
    await screen.findByRole("heading", { name: "Restore" });
    const job = restoreJob({
      state: "failed",
      ended: true,
      can: endedCan,
      error: failure({ message: "A table refers to something that was not restored with it." }),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    expect(
      await screen.findByRole("heading", { name: "accounts was not restored; bank is as it was" }),
    ).toBeVisible();
  });

  it("never advises to drop a database that was there before", async () => {
    const backend = atRestore();
    renderApp(place({ into: "movr", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const into = { database: "movr", whole: false, isNewDatabase: false };
    const job = restoreJob({
      state: "succeeded",
      ended: true,
      can: endedCan,
      outcome: outcome([match], into),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    const keep = (await screen.findByRole("heading", { name: "Keep both, for now" })).parentElement;
    expect(keep).toHaveTextContent("drop accounts in movr, and nothing else there.");
  });

  it("gives the statements for what is missing, and the way to a table that is gone", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    const router = renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const job = restoreJob({
      state: "succeeded",
      ended: true,
      can: endedCan,
      outcome: outcome([match], {
        losses: [{ text: "accounts comes without its link to customers (fk)", sql: "ALTER TABLE x ADD y;" }],
        bringBack: [{ table: "public.customers", sql: "INSERT INTO bank.public.customers (id) SELECT 1;" }],
        notLive: ["public.accounts"],
        swap: "ALTER DATABASE bank RENAME TO bank_before;\nALTER DATABASE bank_restored RENAME TO bank;",
      }),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    expect(await screen.findByText(/accounts comes without its link/)).toBeVisible();
    expect(screen.getByText(/The restore itself changed nothing/)).toBeVisible();
    await user.click(screen.getByText("customers"));
    expect(screen.getByRole("figure", { name: "Copy missing rows of customers" })).toHaveTextContent(
      "INSERT INTO",
    );
    await user.click(screen.getByText("The two renames"));
    expect(screen.getByRole("figure", { name: "Rename the databases" })).toHaveTextContent("bank_before");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Restore accounts into bank…" }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({
        tables: ["public.accounts"],
        into: "bank",
        step: "check",
      }),
    );
  });

  it("is compared with nothing, and kept beside nothing, where there is no live one", async () => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const job = restoreJob({
      state: "succeeded",
      ended: true,
      can: endedCan,
      outcome: outcome([match], { swap: "ALTER DATABASE bank_restored RENAME TO bank;" }),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    expect(await screen.findByRole("heading", { name: "Give it its own name" })).toBeVisible();
    expect(screen.queryByRole("heading", { name: "Keep both, for now" })).toBeNull();
    expect(screen.queryByText(/What does bank lack/)).toBeNull();
  });

  it("that nobody saw is looked for before it is tried again", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ list_databases: () => [aDatabase("bank"), aDatabase("bank_restored")] });
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({
        full: true,
        jobs: [restoreJob({ state: "unknown", ended: true, can: endedCan })],
        removed: [],
      }),
    );
    await user.click(await screen.findByRole("button", { name: "Look" }));
    expect(await screen.findByText("bank_restored exists")).toBeVisible();
  });
});
