import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aBackupList, aChain, aCheck, aCollection, aDatabase, bankBackup } from "../../../tests/wire";
import type { BackupPlan, Job } from "../../ipc/bindings";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });
const plan: BackupPlan = {
  id: "plan-1",
  subject: "database bank",
  collection: aCollection(),
  sql: "BACKUP DATABASE bank INTO 'userfile:///bank-backup' AS OF SYSTEM TIME '-10s' WITH detached",
  tables: 3,
  rows: 84_210,
  sizeBytes: null,
  checks: [aCheck("privilege", { title: "You may back up bank" })],
  canStart: true,
};

function atBackups(answers: Parameters<typeof mockBackend>[0], connection = staging) {
  return mockBackend({
    list_connections: () => ({ connections: [connection], healed: null }),
    connect_cluster: () => opened(connection),
    list_collections: () => [aCollection()],
    list_backups: () => aBackupList(),
    list_databases: () => [aDatabase("bank"), aDatabase("movr")],
    get_overview: () => ({ databases: [], files: null, gaps: [], checkedAt: "2026-11-23T10:00:00Z" }),
    ...answers,
  });
}

const backupJob = (job: Partial<Job>) =>
  aJob("j1", {
    kind: "backup",
    title: "Back up bank to bank-backup",
    progress: { done: 62, total: 100, unit: "percent" },
    ...job,
  });
const ended = {
  ended: true,
  can: { pause: false, resume: false, cancel: false, retryFailed: false, dismiss: true, showInFolder: false },
};
const outcome = {
  kind: "backup" as const,
  collection: bankBackup,
  subdirectory: "/2026/11/23-110000.00",
  sizeBytes: 96_468_992,
  rows: 84_210,
  endTime: "2026-11-23T11:00:00Z",
  durationSeconds: 43,
  checked: true,
  verdict: "All of its files are there.",
};

describe("the backups", () => {
  it("are listed by date, each with what it holds", async () => {
    atBackups({});
    renderApp("/clusters/c1/backups");
    const table = await screen.findByRole("table", { name: "Backups in bank-backup" });
    expect(within(table).getByText("84,210")).toBeVisible();
    expect(within(table).getByText("full")).toBeVisible();
    await expectAccessible();
  });

  it("that were opened among the files come first, and are marked", async () => {
    const others = ["a", "b"].map((name) => aCollection({ uri: `userfile://x/${name}`, name }));
    atBackups({ list_collections: () => [...others, aCollection({ newestAt: null })] });
    renderApp(`/clusters/c1/backups?collection=${encodeURIComponent(`${bankBackup}/`)}`);
    await screen.findByText("opened");
    const page = within(screen.getByRole("main"));
    const [first] = page.getAllByRole("heading", { level: 2 });
    expect(first).toHaveTextContent("bank-backup");
    expect(first).toContainElement(screen.getByText("opened"));
    expect(screen.getAllByText("opened")).toHaveLength(1);
  });

  it("say what they are when there are none", async () => {
    atBackups({ list_collections: () => [] });
    renderApp("/clusters/c1/backups");
    expect(await screen.findByRole("heading", { name: "No backups yet" })).toBeVisible();
  });

  it("that cannot be read say why, and one bad collection hides no other", async () => {
    atBackups({
      list_collections: () => [aCollection(), aCollection({ uri: "s3://x", name: "x", storage: "s3" })],
      list_backups: ({ collection }) => {
        if (collection === "s3://x") throw failure({ message: "The bucket does not answer." });
        return aBackupList();
      },
    });
    renderApp("/clusters/c1/backups");
    expect(await screen.findByText("The bucket does not answer.")).toBeVisible();
    expect(await screen.findByRole("table", { name: "Backups in bank-backup" })).toBeVisible();
  });

  it("that are unfinished are shown as such", async () => {
    atBackups({
      list_backups: () =>
        aBackupList({
          chains: [aChain()],
          unfinished: [{ subdirectory: "/2026/11/23-120000.00", clusterJobId: null, sizeBytes: 4096 }],
        }),
    });
    renderApp("/clusters/c1/backups");
    expect(await screen.findByText("1 backup is unfinished")).toBeVisible();
  });
});

describe("a collection of backups", () => {
  const elsewhere = aCollection({ uri: "s3://bucket/x", name: "x", storage: "s3" });
  const deletion = {
    plan: "plan-1",
    store: "defaultdb.public.userfiles_ada",
    files: 15,
    sizeBytes: 96_468_992,
    names: [],
    collections: [{ path: "bank-backup", backups: 3, whole: true }],
    gcTtlSeconds: 14_400,
    typeToConfirm: "bank-backup",
  };

  it("is deleted once its path is typed; one in a bucket cannot be", async () => {
    const user = userEvent.setup();
    const production = aConnection("c1", { name: "acme-prod", environment: "production" });
    const backend = atBackups(
      {
        list_collections: () => [aCollection(), elsewhere],
        plan_delete: () => deletion,
        start_delete: () => "job-1",
      },
      production,
    );
    renderApp("/clusters/c1/backups");
    await user.click(await screen.findByRole("button", { name: "Delete bank-backup…" }));
    expect(screen.queryByRole("button", { name: "Delete x…" })).toBeNull();
    const dialog = await screen.findByRole("alertdialog", { name: "Delete bank-backup with 3 backups?" });
    expect(within(dialog).getByText("Production")).toBeVisible();
    expect(backend.sent).toContainEqual([
      "plan_delete",
      { connection: "c1", request: { store: "defaultdb.public.userfiles_ada", paths: ["bank-backup/"] } },
    ]);
    expect(within(dialog).getByRole("button", { name: "Delete 3 backups" })).toBeDisabled();
    await expectAccessible();
    await user.type(within(dialog).getByRole("textbox", { name: "Path of the collection" }), "bank-backup");
    await user.click(within(dialog).getByRole("button", { name: "Delete 3 backups" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(backend.sent).toContainEqual(["start_delete", { plan: "plan-1", typed: "bank-backup" }]);
  });

  it("of which everything was deleted is not shown any more", async () => {
    atBackups({ list_collections: () => [aCollection({ backups: 0, sizeBytes: 0, newestAt: null })] });
    renderApp("/clusters/c1/backups");
    expect(await screen.findByRole("heading", { name: "No backups yet" })).toBeVisible();
  });

  it("of a read-only connection is not deleted", async () => {
    atBackups({}, aConnection("c1", { readOnly: true }));
    renderApp("/clusters/c1/backups");
    await screen.findByRole("table", { name: "Backups in bank-backup" });
    expect(screen.queryByRole("button", { name: /^Delete/ })).toBeNull();
  });
});

describe("taking a backup", () => {
  it("in a collection means the database that the collection is for", async () => {
    const user = userEvent.setup();
    atBackups({ list_backups: () => aBackupList({ chains: [aChain({ databases: ["movr"] })] }) });
    renderApp("/clusters/c1/backups");
    await user.click(await screen.findByRole("button", { name: "Add a backup to bank-backup…" }));
    expect(await screen.findByRole("button", { name: /movr.*Database/ })).toBeVisible();
  });

  it("is refused at the first step on a read-only connection, with the reason", async () => {
    atBackups({}, aConnection("c1", { name: "acme-look", readOnly: true }));
    renderApp("/clusters/c1/backups/new?database=bank");
    expect(await screen.findByText(/No backup can be taken through it/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Check it" })).toBeDisabled();
  });

  it("is cancelled only after a question", async () => {
    const user = userEvent.setup();
    const backend = atBackups({ cancel_job: () => null });
    renderApp("/clusters/c1/backups/new?database=bank&job=j1");
    await screen.findByRole("heading", { name: "Back up" });
    act(() => backend.sendJobs({ full: true, jobs: [backupJob({})], removed: [] }));
    await user.click(await screen.findByRole("button", { name: "Cancel the backup…" }));
    await user.click(await screen.findByRole("button", { name: "Let it run" }));
    expect(backend.sent.some(([command]) => command === "cancel_job")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Cancel the backup…" }));
    await user.click(await screen.findByRole("button", { name: "Cancel the backup" }));
    expect(backend.sent).toContainEqual(["cancel_job", { id: "j1" }]);
  });

  it("goes from a database to the exact statement to the end, read back", async () => {
    const user = userEvent.setup();
    const backend = atBackups({
      list_collections: () => [],
      save_collection: () => aCollection({ backups: 0, newestAt: null }),
      plan_backup: () => plan,
      start_backup: () => "j1",
    });
    renderApp("/clusters/c1/backups");
    await user.click((await screen.findAllByRole("button", { name: "Back up…" }))[0] as HTMLElement);
    await user.click(await screen.findByRole("button", { name: /Database/ }));
    await user.click(await screen.findByRole("option", { name: /bank/ }));
    expect(screen.getByRole("textbox", { name: "Collection" })).toHaveValue("bank-backup");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByText("You may back up bank")).toBeVisible();
    expect(screen.getByRole("figure", { name: "The exact statement" })).toHaveTextContent(plan.sql);
    expect(backend.sent).toContainEqual([
      "save_collection",
      { connection: "c1", uri: "userfile:///bank-backup" },
    ]);
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Back up bank" }));
    await waitFor(() => expect(backend.sent).toContainEqual(["start_backup", { plan: "plan-1" }]));
    act(() => backend.sendJobs({ full: true, jobs: [backupJob({ phase: "Writing data" })], removed: [] }));
    expect(
      (await screen.findAllByRole("progressbar", { name: "Back up bank to bank-backup" }))[0],
    ).toBeVisible();
    expect(screen.getByText(/You may close the window meanwhile/)).toBeVisible();
    act(() =>
      backend.sendJobs({
        full: false,
        jobs: [backupJob({ ...ended, state: "succeeded", outcome })],
        removed: [],
      }),
    );
    expect(await screen.findByRole("heading", { name: "The backup is there" })).toBeVisible();
    expect(screen.getByText(/Checked by reading it back/)).toBeVisible();
    expect(screen.getByText(`${bankBackup}/2026/11/23-110000.00`)).toBeVisible();
    await expectAccessible();
  });

  it("keeps the keyboard at the title of what came, from the page to the end", async () => {
    const user = userEvent.setup();
    const backend = atBackups({
      get_overview: () => ({
        databases: [aDatabase("bank")],
        files: null,
        gaps: [],
        checkedAt: "2026-11-23T10:00:00Z",
      }),
      get_capabilities: () => new Promise(() => {}),
      plan_backup: () => plan,
      start_backup: () => "j1",
    });
    renderApp("/clusters/c1");
    const press = async (name: string) => {
      const [button] = await screen.findAllByRole("button", { name });
      act(() => button?.focus());
      await user.keyboard("{Enter}");
    };
    const titled = (name: string) =>
      waitFor(() => expect(screen.getByRole("heading", { name })).toHaveFocus());
    await press("Back up bank…");
    await titled("What, and where to?");
    await press("Check it");
    await titled("Will this work?");
    await press("Back up bank");
    act(() => backend.sendJobs({ full: true, jobs: [backupJob({})], removed: [] }));
    await titled("Back up bank to bank-backup");
    const done = backupJob({ ...ended, state: "succeeded", outcome });
    act(() => backend.sendJobs({ full: false, jobs: [done], removed: [] }));
    await titled("The backup is there");
    await press("See all backups");
    await titled("Backups");
  });

  it("on production has no collection chosen beforehand", async () => {
    const user = userEvent.setup();
    const backend = atBackups(
      { plan_backup: () => plan },
      aConnection("c1", { name: "acme-prod", environment: "production" }),
    );
    renderApp("/clusters/c1/backups/new?database=bank");
    await user.click(await screen.findByRole("button", { name: "Check it" }));
    expect(await screen.findByText("Choose a collection.")).toBeVisible();
    await user.click(screen.getByRole("radio", { name: /A new collection/ }));
    expect(screen.getByRole("textbox", { name: "Collection" })).toHaveValue("");
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(screen.getByText("Enter a name.")).toBeVisible();
    expect(backend.sent.map(([command]) => command)).not.toContain("plan_backup");
    expect(backend.sent.map(([command]) => command)).not.toContain("save_collection");
  });

  it("of single tables asks for them by name", async () => {
    const user = userEvent.setup();
    const backend = atBackups({ plan_backup: () => plan });
    renderApp("/clusters/c1/backups/new?database=bank");
    await user.click(await screen.findByRole("radio", { name: "Single tables" }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByText("Name at least one table.")).toBeVisible();
    await user.type(screen.getByRole("textbox", { name: "Tables" }), "accounts, audit.log");
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByRole("button", { name: "Back up 2 tables of bank" })).toBeVisible();
    expect(backend.sent.find(([command]) => command === "plan_backup")?.[1].request).toMatchObject({
      targets: { type: "tables", database: "bank", tables: ["public.accounts", "audit.log"] },
    });
  });

  it("of the whole cluster tells what its own file storage is not good for", async () => {
    const user = userEvent.setup();
    const backend = atBackups({ plan_backup: () => plan });
    renderApp("/clusters/c1/backups/new");
    await user.click(await screen.findByRole("radio", { name: "The whole cluster" }));
    expect(screen.getByText("The whole cluster cannot be restored from there")).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("radio", { name: /Another place/ }));
    expect(screen.queryByText("The whole cluster cannot be restored from there")).toBeNull();
    await user.click(screen.getByRole("radio", { name: /A collection that exists/ }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await screen.findByRole("button", { name: "Back up the whole cluster" });
    expect(backend.sent.find(([command]) => command === "plan_backup")?.[1].request).toMatchObject({
      targets: { type: "cluster" },
    });
  });

  it("does not start while a check says that it cannot work", async () => {
    atBackups({
      plan_backup: () => ({
        ...plan,
        canStart: false,
        checks: [aCheck("privilege", { level: "blocked", title: "ada may not back up bank" })],
      }),
    });
    renderApp(
      `/clusters/c1/backups/new?database=bank&collection=${encodeURIComponent(bankBackup)}&step=check`,
    );
    expect(await screen.findByText("1 thing in the way")).toBeVisible();
    expect(screen.getByRole("button", { name: "Back up bank" })).toBeDisabled();
  });

  it("of an earlier moment takes it as one types it, and nothing that is not understood", async () => {
    const user = userEvent.setup();
    const backend = atBackups({
      plan_backup: () => plan,
      save_collection: ({ uri }) => aCollection({ uri: String(uri), name: "bank-earlier" }),
      start_backup: () => "j1",
    });
    renderApp("/clusters/c1/backups/new?database=bank");
    await user.click(await screen.findByRole("checkbox", { name: /As it was at an earlier moment/ }));
    const field = screen.getByRole("textbox", { name: "Moment before the accident" });
    await user.clear(field);
    await user.type(field, "soon");
    expect(screen.getByText(/This is not understood/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(backend.sent.map(([command]) => command)).not.toContain("plan_backup");
    await user.clear(field);
    await user.type(field, "2026-11-23 10:37:05 UTC");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByText(/as it was on/, { selector: "p, p *" })).toBeVisible();
    // Apart from the others: later backups would build on it.
    expect(backend.sent.find(([command]) => command === "save_collection")?.[1]).toMatchObject({
      uri: "userfile:///bank-earlier",
    });
    expect(backend.sent.find(([command]) => command === "plan_backup")?.[1].request).toMatchObject({
      kind: "full",
      asOf: "2026-11-23T10:37:05.000Z",
    });
    await user.click(screen.getByRole("button", { name: "Back up bank" }));
    await waitFor(() => expect(backend.sent.map(([command]) => command)).toContain("start_backup"));
    act(() =>
      backend.sendJobs({
        full: true,
        jobs: [backupJob({ ...ended, state: "succeeded", outcome })],
        removed: [],
      }),
    );
    // It was taken to get something back: that is the way on.
    await user.click(await screen.findByRole("button", { name: "Restore it…" }));
    expect(await screen.findByRole("heading", { name: "Restore" })).toBeVisible();
  });

  it("of an earlier moment can be of a database that was dropped since, by its name", async () => {
    const user = userEvent.setup();
    const backend = atBackups({
      plan_backup: () => plan,
      save_collection: ({ uri }) => aCollection({ uri: String(uri), name: "ledger-earlier" }),
    });
    renderApp("/clusters/c1/backups/new?database=bank&asOf=2026-11-23T10:37:05.000Z");
    await user.click(await screen.findByRole("button", { name: /Database/ }));
    await user.click(screen.getByRole("option", { name: /One that was dropped/ }));
    const field = await screen.findByRole("textbox", { name: "Name of the dropped database" });
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(screen.getByText("Type the name that it had.")).toBeVisible();
    expect(backend.sent.map(([command]) => command)).not.toContain("save_collection");
    await user.type(field, "ledger");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await waitFor(() =>
      expect(backend.sent.find(([command]) => command === "plan_backup")?.[1].request).toMatchObject({
        targets: { type: "database", database: "ledger" },
        asOf: "2026-11-23T10:37:05.000Z",
      }),
    );
    expect(backend.sent.find(([command]) => command === "save_collection")?.[1]).toMatchObject({
      uri: "userfile:///ledger-earlier",
    });
  });

  it("of an earlier moment offers the usual ones at a press", async () => {
    const user = userEvent.setup();
    const backend = atBackups({
      plan_backup: () => plan,
      save_collection: ({ uri }) => aCollection({ uri: String(uri), name: "bank-earlier" }),
    });
    renderApp("/clusters/c1/backups/new?database=bank&asOf=2026-11-23T10:37:05.000Z");
    await user.click(await screen.findByRole("button", { name: "3 hours ago" }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await waitFor(() => expect(backend.sent.map(([command]) => command)).toContain("plan_backup"));
    const asked = backend.sent.find(([command]) => command === "plan_backup")?.[1].request as {
      asOf: string;
    };
    const ago = Date.now() - new Date(asked.asOf).getTime();
    expect(Math.abs(ago - 3 * 3_600_000)).toBeLessThan(60_000);
  });

  it("goes into a collection whose name file storage takes, and keeps its name in step until it is there", async () => {
    const user = userEvent.setup();
    const saved = aCollection({ uri: "userfile:///Uni-backup", name: "Uni-backup", backups: 0 });
    let isSaved = false;
    const backend = atBackups({
      list_databases: () => [aDatabase("Ünï"), aDatabase("bank")],
      list_collections: () => (isSaved ? [saved] : []),
      plan_backup: () => plan,
      save_collection: () => {
        isSaved = true;
        return saved;
      },
    });
    renderApp("/clusters/c1/backups/new?database=Ünï");
    expect(await screen.findByRole("textbox", { name: "Collection" })).toHaveValue("Uni-backup");
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await user.click(await screen.findByRole("button", { name: "Back" }));
    // It was only checked with: no collection "that exists" yet, and it goes with what is backed up.
    expect(await screen.findByRole("textbox", { name: "Collection" })).toHaveValue("Uni-backup");
    await user.click(screen.getByRole("button", { name: /Database/ }));
    await user.click(screen.getByRole("option", { name: /^bank/ }));
    await waitFor(() =>
      expect(screen.getByRole("textbox", { name: "Collection" })).toHaveValue("bank-backup"),
    );
    expect(backend.sent.filter(([command]) => command === "save_collection")).toHaveLength(1);
  });

  it("keeps a passphrase out of the address", async () => {
    const user = userEvent.setup();
    const backend = atBackups({ plan_backup: () => plan });
    const router = renderApp("/clusters/c1/backups/new?database=bank");
    await user.click(await screen.findByText("More choices"));
    await user.type(screen.getByLabelText(/Passphrase/), "hunter2");
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await screen.findByText("You may back up bank");
    expect(backend.sent.find(([command]) => command === "plan_backup")?.[1].request).toMatchObject({
      passphrase: "hunter2",
    });
    expect(router.state.location.href).not.toContain("hunter2");
  });

  it.each([
    ["failed", "The backup failed"],
    ["cancelled", "The backup was cancelled"],
    ["unknown", "What became of the backup is not known"],
  ] as const)("that %s is said to be so", async (state, title) => {
    const backend = atBackups({});
    renderApp("/clusters/c1/backups/new?database=bank&job=j1");
    await screen.findByRole("heading", { name: "Back up" });
    act(() => backend.sendJobs({ full: true, jobs: [backupJob({ ...ended, state })], removed: [] }));
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
  });

  it("is not called good when it could not be read back", async () => {
    const backend = atBackups({});
    renderApp("/clusters/c1/backups/new?database=bank&job=j1");
    await screen.findByRole("heading", { name: "Back up" });
    const unread = backupJob({ ...ended, state: "succeeded", outcome: { ...outcome, checked: false } });
    act(() => backend.sendJobs({ full: true, jobs: [unread], removed: [] }));
    expect(
      await screen.findByRole("heading", { name: "The backup ended, but could not be read back" }),
    ).toBeVisible();
  });
});
