import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, anOutage, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import type { Connection, Job } from "../../ipc/bindings";

const acme = aConnection("c1", { name: "acme" });
const ready = { status: "ready", name: "Keyring", message: null, hint: null, detail: null };
const overview = {
  checkedAt: "2026-11-23T15:58:00Z",
  files: { count: 1, sizeBytes: 1 },
  gaps: [],
  databases: [],
};
const list = (...connections: Connection[]) => ({ list_connections: () => ({ connections, healed: null }) });
const pasted = {
  fields: { ...acme.fields, name: "acme" },
  password: "handle-1",
  clientKey: null,
  ca: [],
  clientCert: [],
  notes: [],
};
const passed = {
  steps: [],
  waking: false,
  finding: null,
  certificate: null,
  version: "v25.4.2",
  capabilities: null,
  finished: true,
  passed: true,
};
const missing = {
  step: "database",
  what: "There is no database “bnak”.",
  why: "Login worked; only the database is missing or misspelt.",
  next: "Choose another one.",
  link: null,
  detail: "3D000",
  part: "database",
  databases: ["bank", "movr"],
};

async function pasteOnFirstRun(user: ReturnType<typeof userEvent.setup>) {
  await user.type(await screen.findByRole("textbox", { name: "Connection string" }), "a url");
  await user.click(screen.getByRole("button", { name: "Check and connect" }));
}

describe("a pasted connection string", () => {
  it("is checked, saved and connected at one press", async () => {
    const user = userEvent.setup();
    let saved: Connection[] = [];
    const backend = mockBackend({
      list_connections: () => ({ connections: saved, healed: null }),
      parse_connection: () => pasted,
      get_keyring_state: () => ready,
      test_connection: () => passed,
      save_connection: () => {
        saved = [acme];
        return acme;
      },
      connect_cluster: () => opened(acme),
      get_overview: () => overview,
    });
    renderApp("/");
    await pasteOnFirstRun(user);
    expect(await screen.findByText("signed in as ada")).toBeVisible();
    expect(backend.sent.find(([command]) => command === "save_connection")?.[1]).toMatchObject({
      draft: { password: { kind: "staged", handle: "handle-1", keep: "keyring" } },
    });
  });

  it("is not saved when the check fails: the failure has the focus and leads to its field", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(),
      parse_connection: () => pasted,
      get_keyring_state: () => ready,
      test_connection: () => ({ ...passed, passed: false, finding: missing }),
    });
    renderApp("/");
    await pasteOnFirstRun(user);
    const what = await screen.findByText(missing.what);
    expect(what.parentElement).toHaveFocus();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Use movr" }));
    expect(screen.getByLabelText("Database")).toHaveValue("movr");
    expect(screen.getByLabelText("Database")).toHaveFocus();
    expect(backend.sent.some(([command]) => command === "save_connection")).toBe(false);
  });

  it("without its password is not tried: the focus is where it belongs", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(),
      parse_connection: () => ({ ...pasted, password: null }),
      get_keyring_state: () => ready,
    });
    renderApp("/");
    await pasteOnFirstRun(user);
    expect(await screen.findByLabelText("Password")).toHaveFocus();
    expect(backend.sent.some(([command]) => command === "test_connection")).toBe(false);
  });

  it("goes along to the form that is filled in by hand", async () => {
    const user = userEvent.setup();
    mockBackend({ ...list(), parse_connection: () => pasted, get_keyring_state: () => ready });
    renderApp("/");
    await user.type(await screen.findByRole("textbox", { name: "Connection string" }), "a url");
    await user.click(screen.getByRole("button", { name: "Fill in by hand" }));
    expect(await screen.findByLabelText("Host")).toHaveValue(acme.fields.host);
    expect(screen.getByRole("button", { name: "Save and connect" })).toHaveFocus();
  });

  it("is offered from the clipboard on the first screen", async () => {
    mockBackend({ ...list(), get_clipboard_offer: () => ({ host: "blue-dog.example", user: "ada" }) });
    renderApp("/");
    act(() => window.dispatchEvent(new Event("focus")));
    expect(await screen.findByText("ada at blue-dog.example")).toBeVisible();
  });
});

describe("the form of a connection", () => {
  it("asks before what was changed is lost", async () => {
    const user = userEvent.setup();
    mockBackend({ ...list(acme), get_keyring_state: () => ready });
    renderApp("/connections/c1");
    const name = await screen.findByLabelText("Name");
    await user.type(name, " 2");
    await user.click(screen.getByRole("link", { name: "All connections" }));
    expect(await screen.findByRole("alertdialog", { name: "Leave without saving?" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Keep editing" }));
    expect(screen.getByLabelText("Name")).toHaveValue("acme 2");
    await user.click(screen.getByRole("link", { name: "All connections" }));
    await user.click(await screen.findByRole("button", { name: "Discard the changes" }));
    expect(await screen.findByRole("heading", { name: "Connections" })).toBeVisible();
  });

  it("is left without a question when nothing was changed", async () => {
    const user = userEvent.setup();
    mockBackend({ ...list(acme), get_keyring_state: () => ready });
    renderApp("/connections/c1");
    await screen.findByLabelText("Name");
    await user.click(screen.getByRole("link", { name: "All connections" }));
    expect(await screen.findByRole("heading", { name: "Connections" })).toBeVisible();
  });

  it("shows the field that cannot be saved", async () => {
    const user = userEvent.setup();
    mockBackend({
      ...list(acme),
      get_keyring_state: () => ready,
      save_connection: () => {
        throw failure({
          code: "invalidInput",
          message: "Some fields need another look.",
          fields: { user: "Enter the SQL user." },
        });
      },
    });
    renderApp("/connections/c1");
    await user.clear(await screen.findByLabelText("User"));
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Some fields need another look.")).toBeVisible();
    expect(screen.getByLabelText("User")).toHaveFocus();
  });
});

describe("a password that is not at hand", () => {
  const refusing = (connection: Connection, error: Parameters<typeof failure>[0]) => ({
    ...list(connection),
    connect_cluster: () => {
      throw failure(error);
    },
    get_keyring_state: () => ready,
  });

  it("takes the place of the refused one in the keyring", async () => {
    mockBackend(refusing(acme, { code: "auth", message: "User name or password is wrong." }));
    renderApp("/clusters/c1");
    expect(await screen.findByLabelText("Password")).toHaveFocus();
    expect(screen.getByRole("checkbox", { name: /Keep it in this computer's keyring/ })).toBeChecked();
    expect(screen.getByText(/takes the place of the refused one/)).toBeVisible();
  });

  it("is kept once it is entered, where the connection came from a file without secrets", async () => {
    const imported = aConnection("c1", { name: "acme" }, { password: "notGiven" });
    const message = "This connection came from a file without secrets, so its password is not here yet.";
    mockBackend(refusing(imported, { code: "secretNeeded", message }));
    renderApp("/clusters/c1");
    expect(await screen.findByText(message)).toBeVisible();
    expect(screen.getByRole("checkbox", { name: /Keep it in this computer's keyring/ })).toBeChecked();
  });

  it("is not proposed for the keyring where one is asked each time", async () => {
    const asking = aConnection("c1", { name: "acme" }, { password: "askEachTime" });
    mockBackend(refusing(asking, { code: "secretNeeded", message: "It asks each time." }));
    renderApp("/clusters/c1");
    await screen.findByLabelText("Password");
    expect(screen.getByRole("checkbox", { name: /Keep it in this computer's keyring/ })).not.toBeChecked();
  });
});

describe("while the keyring waits for its prompt", () => {
  const waiting = { ...ready, status: "waiting" };

  it("says so, and goes on with a typed password", async () => {
    const user = userEvent.setup();
    let isGiven = false;
    const backend = mockBackend({
      ...list(acme),
      connect_cluster: () => (isGiven ? opened(acme) : new Promise(() => {})),
      get_keyring_state: () => waiting,
      provide_secret: () => {
        isGiven = true;
        return null;
      },
      get_overview: () => overview,
    });
    renderApp("/clusters/c1");
    expect(
      await screen.findByRole("heading", { name: "Waiting for you to unlock the keyring" }),
    ).toBeVisible();
    await expectAccessible();
    await user.type(screen.getByLabelText("Password"), "hunter2{Enter}");
    expect(await screen.findByText("signed in as ada")).toBeVisible();
    expect(backend.sent).toContainEqual([
      "provide_secret",
      { id: "c1", kind: "password", value: "hunter2", keep: "memory" },
    ]);
  });

  it("can be cancelled", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list(acme),
      connect_cluster: () => new Promise(() => {}),
      get_keyring_state: () => waiting,
      disconnect_cluster: () => null,
    });
    renderApp("/clusters/c1");
    await screen.findByRole("heading", { name: "Waiting for you to unlock the keyring" });
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("heading", { name: "Connections" })).toBeVisible();
    await expect
      .poll(() => backend.sent.filter(([command]) => command === "disconnect_cluster"))
      .toHaveLength(1);
  });
});

it("claims to be signed in no longer than the cluster answers, and leads to the cause", async () => {
  const user = userEvent.setup();
  let isGone = true;
  mockBackend({
    ...list(acme),
    connect_cluster: () => opened(acme),
    get_keyring_state: () => ready,
    get_overview: () => {
      if (isGone) throw failure({ code: "cannotConnect", message: "Nothing listens on db:26257." });
      return overview;
    },
  });
  renderApp("/clusters/c1");
  const header = await screen.findByRole("banner");
  expect(await within(header).findByText(/^user ada, cannot be reached since \d\d:\d\d$/)).toBeVisible();
  expect(within(header).queryByText("signed in as ada")).toBeNull();
  isGone = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await within(header).findByText("signed in as ada")).toBeVisible();
});

it("follows what jobs know of the connection, and goes back by itself", async () => {
  let isGone = false;
  const backend = mockBackend({
    ...list(aConnection("c1", { name: "acme" }, { open: true })),
    connect_cluster: () => opened(acme),
    get_keyring_state: () => ready,
    get_overview: () => {
      if (isGone) throw failure({ code: "connectionLost", message: "The connection broke." });
      return overview;
    },
  });
  renderApp("/clusters/c1");
  const header = await screen.findByRole("banner");
  expect(await within(header).findByText("signed in as ada")).toBeVisible();
  const tell = (job: Partial<Job>) =>
    act(() => backend.sendJobs({ full: true, jobs: [aJob("b1", { kind: "backup", ...job })], removed: [] }));
  tell({});
  tell({ state: "waiting", outage: anOutage() });
  const strip = await screen.findByRole("region", { name: "Connection" });
  expect(within(strip).getByText(/acme cannot be reached since/)).toBeVisible();
  expect(within(strip).getByText(/Trying again in \d+ s/)).toBeVisible();
  expect(within(header).queryByText("signed in as ada")).toBeNull();
  expect(screen.getByRole("link", { name: "acme (development, cannot be reached)" })).toBeVisible();
  await expectAccessible();

  // A page that was opened meanwhile and failed is read anew when a job finds the cluster again.
  const user = userEvent.setup();
  isGone = true;
  await user.click(screen.getByRole("button", { name: "Check again" }));
  expect(await screen.findByText("The connection broke.")).toBeVisible();
  isGone = false;
  tell({ state: "running", phase: "Writing" });
  expect(await within(header).findByText("signed in as ada")).toBeVisible();
  expect(screen.queryByRole("region", { name: "Connection" })).toBeNull();
  await waitFor(() => expect(screen.queryByText("The connection broke.")).toBeNull());
});

it("does not take a transfer that was paused for a sign of life", async () => {
  const user = userEvent.setup();
  let answers = false;
  const backend = mockBackend({
    ...list(aConnection("c1", { name: "acme" }, { open: true })),
    connect_cluster: () => opened(acme),
    get_keyring_state: () => ready,
    get_overview: () => overview,
    reach_cluster: () => {
      if (answers) return null;
      throw failure({ code: "cannotConnect", message: "Nothing listens on db:26257." });
    },
  });
  renderApp("/clusters/c1");
  const header = await screen.findByRole("banner");
  await within(header).findByText("signed in as ada");
  const tell = (job: Partial<Job>) =>
    act(() => backend.sendJobs({ full: true, jobs: [aJob("u1", job)], removed: [] }));
  tell({ state: "waiting", outage: anOutage() });
  tell({ state: "paused" });
  const strip = await screen.findByRole("region", { name: "Connection" });
  expect(within(strip).getByText(/asked again when you ask for something/)).toBeVisible();
  await user.click(within(strip).getByRole("button", { name: "Try now" }));
  expect(await within(strip).findByText("Nothing listens on db:26257.")).toBeInTheDocument();
  answers = true;
  await user.click(within(strip).getByRole("button", { name: "Try now" }));
  expect(await within(header).findByText("signed in as ada")).toBeVisible();
});

it("reads the overview anew when a job has changed what it tells", async () => {
  let files = 1;
  const backend = mockBackend({
    ...list(aConnection("c1", { name: "acme" }, { open: true })),
    connect_cluster: () => opened(acme),
    get_keyring_state: () => ready,
    get_overview: () => ({ ...overview, files: { count: files, sizeBytes: 1 } }),
  });
  renderApp("/clusters/c1");
  expect(await screen.findByText(/^1 file,/)).toBeVisible();
  const kinds = ["upload", "deleteFiles", "undelete", "importArchive"] as const;
  for (const kind of kinds) {
    files += 1;
    const tell = (job: Partial<Job>) =>
      act(() => backend.sendJobs({ full: false, jobs: [aJob(kind, { kind, ...job })], removed: [] }));
    tell({});
    tell({ state: "succeeded", ended: true });
    expect(await screen.findByText(new RegExp(`^${files} files,`))).toBeVisible();
  }
});

it("leads from a read-only overview to where that is changed", async () => {
  const readOnly = aConnection("c1", { name: "acme", readOnly: true });
  mockBackend({
    ...list(readOnly),
    connect_cluster: () => opened(readOnly),
    get_keyring_state: () => ready,
    get_overview: () => overview,
  });
  renderApp("/clusters/c1");
  expect(await screen.findByRole("link", { name: "Change the connection" })).toHaveAttribute(
    "href",
    "/connections/c1",
  );
});

it("leads from a cluster that is gone to the doctor", async () => {
  const user = userEvent.setup();
  const backend = mockBackend({
    ...list(acme),
    connect_cluster: () => opened(acme),
    get_keyring_state: () => ready,
    get_overview: () => {
      throw failure({ code: "cannotConnect", message: "Nothing listens on db:26257." });
    },
    test_connection: () => new Promise(() => {}),
  });
  renderApp("/clusters/c1");
  await user.click(await screen.findByRole("button", { name: "Find out why" }));
  await expect.poll(() => backend.sent.some(([command]) => command === "test_connection")).toBe(true);
});
