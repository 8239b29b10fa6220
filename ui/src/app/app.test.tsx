import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../tests/app";
import { expectAccessible } from "../../tests/axe";
import { aDatabase } from "../../tests/wire";

const prod = aConnection("c1", { name: "acme-prod", environment: "production" });
const practice = aConnection("p1", { name: "Practice cluster", environment: "practice", host: "127.0.0.1" });
const overview = {
  checkedAt: "2026-11-23T15:58:00Z",
  files: { count: 128, sizeBytes: 1_503_238_553 },
  gaps: [],
  databases: [aDatabase("bank")],
};
const list = (...connections: ReturnType<typeof aConnection>[]) => ({
  list_connections: () => ({ connections, healed: null }),
});

describe("the first start", () => {
  it("has two doors and nothing else", async () => {
    mockBackend(list());
    renderApp("/");
    expect(await screen.findByRole("heading", { name: "Connect to your cluster" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Start practice cluster" })).toBeVisible();
    expect(screen.queryByRole("navigation")).toBeNull();
    await expectAccessible();
  });

  it("leads from a pasted text to a filled form, by keyboard alone", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(),
      parse_connection: () => ({
        fields: { ...prod.fields, name: "blue-dog-147", environment: "development" },
        password: "handle-1",
        clientKey: null,
        ca: [],
        clientCert: [],
        notes: [],
      }),
      get_keyring_state: () => ({
        status: "ready",
        name: "Keyring",
        message: null,
        hint: null,
        detail: null,
      }),
      save_connection: () => prod,
    });
    renderApp("/");
    expect(await screen.findByRole("textbox", { name: "Connection string" })).toHaveFocus();
    await user.paste("postgresql://ada:hunter2@blue-dog-147.6wr.cockroachlabs.cloud:26257/defaultdb");
    await user.tab();
    expect(screen.getByRole("button", { name: "Check and connect" })).toHaveFocus();
    await user.keyboard("{Enter}");
    expect(await screen.findByLabelText("Host")).toHaveValue(prod.fields.host);
    expect(screen.getByLabelText("Password")).toHaveValue("");
    expect(document.body.innerHTML).not.toContain("hunter2");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Save and connect" }));
    expect(backend.sent.find(([command]) => command === "save_connection")?.[1]).toMatchObject({
      draft: { id: null, password: { kind: "staged", handle: "handle-1", keep: "keyring" } },
    });
  });

  it("says what it does not understand beside the text", async () => {
    const user = userEvent.setup();
    mockBackend({
      ...list(),
      parse_connection: () => {
        throw failure({
          code: "invalidInput",
          message: "The port is not a number.",
          hint: "Paste it again.",
        });
      },
    });
    renderApp("/");
    await user.type(await screen.findByRole("textbox", { name: "Connection string" }), "nonsense");
    await user.click(screen.getByRole("button", { name: "Check and connect" }));
    expect(await screen.findByText("The port is not a number. Paste it again.")).toBeVisible();
  });
});

describe("a cluster", () => {
  it("can be asked again for what it does not answer", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    let asked = 0;
    mockBackend({
      ...list(prod),
      connect_cluster: () => opened(prod),
      get_overview: () => (++asked === 1 ? new Promise(() => {}) : overview),
    });
    renderApp("/clusters/c1");
    await screen.findByRole("status", { name: "Looking at the databases" });
    act(() => vi.advanceTimersByTime(10_000));
    await user.click(await screen.findByRole("button", { name: "Ask again" }));
    expect(await screen.findByText("bank")).toBeVisible();
    expect(asked).toBe(2);
    vi.useRealTimers();
  });

  it("says at all times where one is", async () => {
    mockBackend({ ...list(prod), connect_cluster: () => opened(prod), get_overview: () => overview });
    renderApp("/clusters/c1");
    const header = await screen.findByRole("banner");
    expect(within(header).getByText("Production")).toBeVisible();
    expect(await within(header).findByText("v25.4.2")).toBeVisible();
    expect(within(header).getByText("signed in as ada")).toBeVisible();
    expect(await screen.findByText("128 files, 1.4 GiB stored in the cluster.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Back up bank…" })).toBeVisible();
    await expectAccessible();
  });

  it("never calls a database empty that the user cannot see into, and tells the grant to ask for", async () => {
    mockBackend({
      ...list(prod),
      connect_cluster: () => opened(prod),
      get_overview: () => ({
        ...overview,
        databases: [
          aDatabase("bank", {
            tables: null,
            estimatedRows: null,
            mayHideTables: true,
            grant: "GRANT CONNECT;",
          }),
          aDatabase("movr", { isGone: true, tables: null }),
          aDatabase("defaultdb", { tables: 0, holdsFileStorage: true }),
          aDatabase("scratch", { tables: 0 }),
        ],
      }),
    });
    renderApp("/clusters/c1");
    expect(await screen.findByText("ada cannot see into bank")).toBeVisible();
    expect(screen.getByRole("figure", { name: "Grants to ask for" })).toHaveTextContent("GRANT CONNECT;");
    const row = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name}`) });
    expect(row("bank")).toHaveTextContent("not visible");
    expect(row("bank")).not.toHaveTextContent("empty");
    expect(row("movr")).toHaveTextContent("not on the cluster");
    expect(row("defaultdb")).toHaveTextContent("only file storage in it");
    expect(row("scratch")).toHaveTextContent("empty, nothing to lose");
    await expectAccessible();
  });

  it("says at once that a connection is read-only", async () => {
    const look = aConnection("c1", { readOnly: true });
    mockBackend({ ...list(look), connect_cluster: () => opened(look), get_overview: () => overview });
    renderApp("/clusters/c1");
    expect(await screen.findByText("This connection is read-only")).toBeVisible();
    expect(screen.getByRole("button", { name: "Back up…" })).toBeDisabled();
  });

  it("can be broken on purpose where it is for practice, and only there", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(prod, practice),
      connect_cluster: ({ id }) => opened(id === "c1" ? prod : practice),
      get_overview: () => overview,
      break_practice_cluster: () => null,
    });
    const router = renderApp("/clusters/c1");
    await user.click(await screen.findByRole("button", { name: "Actions for acme-prod" }));
    expect(screen.queryByRole("menuitem", { name: /Break something/ })).toBeNull();
    await user.keyboard("{Escape}");
    await act(() => router.navigate({ to: "/clusters/$connectionId", params: { connectionId: "p1" } }));
    await user.click(await screen.findByRole("button", { name: "Actions for Practice cluster" }));
    await user.click(screen.getByRole("menuitem", { name: /Break something/ }));
    const dialog = await screen.findByRole("alertdialog", { name: "Break something?" });
    await user.click(within(dialog).getByRole("radio", { name: /A database is dropped/ }));
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Break it" }));
    expect(await screen.findByText(/The database bank is dropped. Get it back/)).toBeVisible();
    expect(backend.sent.find(([command]) => command === "break_practice_cluster")?.[1]).toEqual({
      accident: "databaseDropped",
    });
  });

  it("says on a practice cluster that nothing is real", async () => {
    mockBackend({ ...list(practice), connect_cluster: () => opened(practice), get_overview: () => overview });
    renderApp("/clusters/p1");
    expect(await screen.findByText("on this computer; nothing here is real")).toBeVisible();
  });

  it("asks for a secret that is not at hand, and connects with it", async () => {
    const user = userEvent.setup();
    let isGiven = false;
    const backend = mockBackend({
      ...list(prod),
      connect_cluster: () => {
        if (!isGiven) throw failure({ code: "secretNeeded", message: "The password is needed." });
        return opened(prod);
      },
      provide_secret: () => {
        isGiven = true;
        return null;
      },
      get_overview: () => overview,
    });
    renderApp("/clusters/c1");
    await user.type(await screen.findByLabelText("Password"), "hunter2{Enter}");
    expect(await screen.findByRole("heading", { name: "What do you need?" })).toBeVisible();
    expect(backend.sent).toContainEqual([
      "provide_secret",
      { id: "c1", kind: "password", value: "hunter2", keep: "keyring" },
    ]);
  });

  it("logs in once and never again by itself", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(prod),
      connect_cluster: () => {
        throw failure({ code: "cannotConnect", message: "No answer.", hint: "Look at the allowlist." });
      },
    });
    const logins = () => backend.sent.filter(([command]) => command === "connect_cluster").length;
    renderApp("/clusters/c1");
    expect(await screen.findByText("No answer.")).toBeVisible();
    expect(logins()).toBe(1);
    act(() => window.dispatchEvent(new Event("focus")));
    act(() => window.dispatchEvent(new Event("online")));
    expect(logins()).toBe(1);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(logins()).toBe(2);
  });
});

describe("jobs", () => {
  it("appear in the rail and in the activity as the channel tells them", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({ ...list(prod), pause_job: () => null });
    renderApp("/activity");
    expect(await screen.findByRole("status", { name: "Loading the jobs" })).toBeInTheDocument();
    act(() =>
      backend.sendJobs({ full: true, jobs: [aJob("a"), aJob("b", { state: "queued" })], removed: [] }),
    );
    expect(screen.getByText("2 running")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Pause: Upload a" }));
    expect(backend.sent).toContainEqual(["pause_job", { id: "a" }]);
    // The button changes nothing: the job says what it is.
    expect(screen.getByRole("button", { name: "Pause: Upload a" })).toBeVisible();
    const can = {
      pause: false,
      resume: false,
      cancel: false,
      retryFailed: false,
      dismiss: true,
      showInFolder: false,
    };
    act(() =>
      backend.sendJobs({
        full: false,
        jobs: [aJob("a", { state: "succeeded", ended: true, can })],
        removed: ["b"],
      }),
    );
    expect(screen.getByText("Done, checked")).toBeVisible();
    expect(screen.queryByText("Upload b")).toBeNull();
    await expectAccessible();
  });

  it("stay in the activity when they were dismissed, until the history is cleared", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({ ...list(prod), clear_job_history: () => null });
    renderApp("/activity");
    await screen.findByRole("heading", { name: "Activity" });
    const can = {
      pause: false,
      resume: false,
      cancel: false,
      retryFailed: false,
      dismiss: false,
      showInFolder: false,
    };
    const partly = { state: "succeeded" as const, ended: true, dismissed: true, fullyChecked: false, can };
    act(() => backend.sendJobs({ full: true, jobs: [aJob("a", partly)], removed: [] }));
    expect(await screen.findByText("Done, partly checked")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Clear history…" }));
    await user.click(await screen.findByRole("button", { name: "Forget 1 job" }));
    expect(backend.sent).toContainEqual(["clear_job_history", {}]);
  });

  it("make the lists stale that they changed", async () => {
    const backend = mockBackend({
      ...list(prod),
      connect_cluster: () => opened(prod),
      get_overview: () => overview,
    });
    const asked = () => backend.sent.filter(([command]) => command === "get_overview").length;
    renderApp("/clusters/c1");
    await screen.findByText("128 files, 1.4 GiB stored in the cluster.");
    act(() => backend.sendJobs({ full: true, jobs: [aJob("a", { kind: "restore" })], removed: [] }));
    expect(asked()).toBe(1);
    act(() =>
      backend.sendJobs({
        full: false,
        jobs: [aJob("a", { kind: "restore", state: "succeeded", ended: true })],
        removed: [],
      }),
    );
    expect(asked()).toBe(2);
  });
});

describe("the list of connections", () => {
  it("finds by any word, and deletes after a question", async () => {
    const user = userEvent.setup();
    const many = ["one", "two", "three", "four", "five"].map((name) =>
      aConnection(name, { note: `note ${name}` }),
    );
    const backend = mockBackend({ ...list(...many), delete_connection: () => null });
    renderApp("/");
    await user.type(await screen.findByRole("searchbox", { name: "Search connections" }), "note thr");
    const table = screen.getByRole("table", { name: "Connections" });
    expect(
      within(table)
        .getAllByRole("rowheader")
        .map((cell) => cell.textContent),
    ).toEqual(["three"]);
    await user.click(screen.getByRole("button", { name: "Actions for three" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    expect(screen.getByRole("alertdialog", { name: "Delete the connection three?" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Delete the connection" }));
    expect(backend.sent).toContainEqual(["delete_connection", { id: "three" }]);
  });
});
