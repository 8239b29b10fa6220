import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, mockBackend, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import type { ConnectionReport, TestStepName } from "../../ipc/bindings";

const acme = aConnection("c1", { name: "acme" });
const steps: TestStepName[] = [
  "nameLookup",
  "tcp",
  "tls",
  "routing",
  "login",
  "version",
  "database",
  "privileges",
];

/** As far as the step at `reached`: those before it have passed. */
function report(reached: number, rest: Partial<ConnectionReport> = {}): ConnectionReport {
  return {
    steps: steps.map((step, at) => ({
      step,
      state: at < reached ? "passed" : at === reached ? (rest.finished ? "failed" : "running") : "waiting",
      tookMs: at < reached ? 10 * (at + 1) : null,
      found: null,
    })),
    waking: false,
    finding: null,
    certificate: null,
    version: null,
    capabilities: null,
    finished: false,
    passed: false,
    ...rest,
  };
}

const wrongPassword = report(4, {
  finished: true,
  finding: {
    step: "login",
    what: "User name or password is wrong.",
    why: "The cluster answers the same for both.",
    next: "Reset the password and paste it here.",
    link: null,
    detail: "28P01",
    part: "password",
    databases: [],
  },
});

/** A back end whose test is answered when the test case says so. */
function doctorBackend() {
  let answer: (report: ConnectionReport) => void = () => {};
  const backend = mockBackend({
    list_connections: () => ({ connections: [acme], healed: null }),
    get_keyring_state: () => ({ status: "ready", name: "Keyring", message: null, hint: null, detail: null }),
    test_connection: () =>
      new Promise<ConnectionReport>((resolve) => {
        answer = resolve;
      }),
  });
  return { backend, finish: (last: ConnectionReport) => act(async () => answer(last)) };
}

describe("the connection doctor", () => {
  it("shows each step as it is made and the first failure in plain words", async () => {
    const user = userEvent.setup();
    const { backend, finish } = doctorBackend();
    renderApp("/connections/c1");
    await user.click(await screen.findByRole("button", { name: "Test the connection" }));
    const draft = backend.sent.find(([command]) => command === "test_connection")?.[1].draft;
    expect(draft).toMatchObject({ id: "c1", password: { kind: "unchanged" } });
    await act(async () => backend.sendTo("test_connection", report(2)));
    const rows = within(screen.getByRole("list", { name: "Steps of the test" })).getAllByRole("listitem");
    expect(rows[1]).toHaveTextContent("Good: The port answers20 ms");
    expect(rows[2]).toHaveTextContent("Checking: Encrypt");
    await finish(wrongPassword);
    expect(screen.getByText("User name or password is wrong.")).toBeVisible();
    expect(screen.getByText("Reset the password and paste it here.")).toBeVisible();
    expect(screen.getByText("It does not")).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Copy details" }));
    expect(await navigator.clipboard.readText()).toContain("Sign in: failed");
  });

  it("claims nothing any more once the form leads elsewhere", async () => {
    const user = userEvent.setup();
    const { finish } = doctorBackend();
    renderApp("/connections/c1?check=true");
    const name = await screen.findByLabelText("Name");
    await finish(report(8, { finished: true, passed: true }));
    await user.type(name, "2");
    expect(screen.getByText("It connects")).toBeVisible();
    await user.type(screen.getByLabelText("Host"), "2");
    expect(screen.getByText("Before your changes")).toBeVisible();
    expect(screen.queryByText("It connects")).toBeNull();
  });

  it("says that a sleeping cluster is waking up, not that it failed", async () => {
    const user = userEvent.setup();
    const { backend } = doctorBackend();
    renderApp("/connections/c1");
    await user.click(await screen.findByRole("button", { name: "Test the connection" }));
    await act(async () => backend.sendTo("test_connection", report(4, { waking: true })));
    expect(screen.getByText("Waking up")).toBeVisible();
    expect(screen.queryByText("It does not")).toBeNull();
  });

  it("begins by itself where a test was asked for, and only once", async () => {
    const { backend, finish } = doctorBackend();
    renderApp("/connections/c1?check=true");
    await screen.findByRole("button", { name: "Test the connection" });
    await finish(report(8, { finished: true, passed: true }));
    expect(await screen.findByText("It connects")).toBeVisible();
    expect(backend.sent.filter(([command]) => command === "test_connection")).toHaveLength(1);
  });

  it("tests nothing while a field cannot be right", async () => {
    const user = userEvent.setup();
    const { backend } = doctorBackend();
    renderApp("/connections/c1");
    const port = await screen.findByLabelText("Port");
    await user.clear(port);
    await user.type(port, "70000");
    await user.click(screen.getByRole("button", { name: "Test the connection" }));
    expect(screen.getByText(/A port is a number from 1 to 65535/)).toBeVisible();
    expect(backend.sent.some(([command]) => command === "test_connection")).toBe(false);
  });
});
