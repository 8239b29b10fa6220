import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aCheck, aCollection, aDatabase } from "../../../tests/wire";
import type { Schedule, ScheduleChangePlan, SchedulePlan } from "../../ipc/bindings";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });
const production = aConnection("c1", { name: "acme-prod", environment: "production" });

const daily = {
  words: "Every day at 02:00 UTC",
  toldBy: "2026-11-24T02:00:00Z",
  choice: { type: "daily", hour: 2, minute: 0 },
} as const;
const sundays = {
  words: "Every Sunday at 02:00 UTC",
  toldBy: "2026-11-29T02:00:00Z",
  choice: { type: "weekly", weekday: 0, hour: 2, minute: 0 },
} as const;
const sundaysLater = {
  words: "Every Sunday at 04:00 UTC",
  toldBy: "2026-11-29T04:00:00Z",
  choice: { type: "weekly", weekday: 0, hour: 4, minute: 0 },
} as const;

function aSchedule(schedule: Partial<Schedule> = {}): Schedule {
  return {
    id: "702856921622544385",
    label: "bank daily",
    subject: "bank",
    collection: ["userfile://defaultdb.public.userfiles_ada/bank-schedule"],
    collectionName: "bank-schedule",
    recurrence: daily,
    fullRecurrence: sundays,
    state: "active",
    nextRun: "2026-11-24T02:00:00Z",
    running: 0,
    lastRun: {
      state: "succeeded",
      startedAt: "2026-11-23T02:00:00Z",
      endedAt: "2026-11-23T02:01:00Z",
      error: null,
    },
    note: null,
    waitsForFull: false,
    owner: "ada",
    createdAt: "2026-11-01T10:00:00Z",
    revisionHistory: false,
    encrypted: false,
    onFailure: "reschedule",
    onPrevious: "wait",
    ...schedule,
  };
}

const plan: SchedulePlan = {
  id: "plan-1",
  label: "bank daily",
  subject: "bank",
  collection: aCollection({ name: "bank-schedule" }),
  recurrence: daily,
  fullRecurrence: sundaysLater,
  runs: [
    { at: "2026-11-24T02:00:00Z", kind: "full" },
    { at: "2026-11-25T02:00:00Z", kind: "incremental" },
  ],
  sql: "CREATE SCHEDULE IF NOT EXISTS 'bank daily' FOR BACKUP DATABASE \"bank\" INTO 'userfile:///bank-schedule'",
  checks: [aCheck("label", { title: "The name bank daily is free" })],
  canStart: true,
};

function atSchedules(
  schedules: Schedule[],
  answers: Parameters<typeof mockBackend>[0] = {},
  connection = staging,
) {
  return mockBackend({
    list_connections: () => ({ connections: [connection], healed: null }),
    connect_cluster: () => opened(connection),
    list_schedules: () => ({ schedules, canRunNow: true }),
    list_databases: () => [aDatabase("bank"), aDatabase("movr")],
    list_collections: () => [aCollection()],
    ...answers,
  });
}

const choose = async (user: ReturnType<typeof userEvent.setup>, action: string) => {
  await user.click(await screen.findByRole("button", { name: "Actions for bank daily" }));
  await user.click(await screen.findByRole("menuitem", { name: action }));
};

describe("the schedules", () => {
  it("are explained where there are none, with the first thing to do", async () => {
    const user = userEvent.setup();
    atSchedules([]);
    renderApp("/clusters/c1/schedules");
    expect(await screen.findByRole("heading", { name: "No schedules yet" })).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "New schedule…" }));
    expect(await screen.findByRole("heading", { name: "What, and where to?" })).toBeVisible();
  });

  it("say what, where, how often, when next, and how the last run went", async () => {
    atSchedules([
      aSchedule(),
      aSchedule({
        id: "2",
        label: "movr hourly",
        subject: "movr",
        state: "paused",
        nextRun: null,
        fullRecurrence: null,
        owner: "root",
        lastRun: { state: "failed", startedAt: null, endedAt: null, error: "AccessDenied" },
      }),
    ]);
    renderApp("/clusters/c1/schedules");
    const row = within(await screen.findByRole("row", { name: /bank daily/ }));
    expect(row.getByText("Active")).toBeVisible();
    expect(row.getByText("bank into bank-schedule")).toBeVisible();
    expect(row.getByText("Every day at 02:00 UTC")).toBeVisible();
    expect(row.getByText(/full every Sunday$/)).toBeVisible();
    expect(row.getByText("Completed")).toBeVisible();
    const other = within(screen.getByRole("row", { name: /movr hourly/ }));
    expect(other.getByText("Paused")).toBeVisible();
    expect(other.getByText("Not before it is resumed")).toBeVisible();
    expect(other.getByText(/of root/)).toBeVisible();
    expect(other.getByText("AccessDenied")).toBeVisible();
    await expectAccessible();
  });

  it("say why they cannot be told", async () => {
    atSchedules([], {
      list_schedules: () => {
        throw failure({
          code: "noPrivilege",
          message: "The cluster refuses this.",
          hint: "Ask for a grant.",
        });
      },
    });
    renderApp("/clusters/c1/schedules");
    expect(await screen.findByText("The cluster refuses this.")).toBeVisible();
    expect(screen.getByText("Ask for a grant.")).toBeVisible();
  });

  it("can be looked at and not changed on a read-only connection", async () => {
    const user = userEvent.setup();
    atSchedules([aSchedule()], {}, aConnection("c1", { readOnly: true }));
    renderApp("/clusters/c1/schedules");
    await user.click(await screen.findByRole("button", { name: "Actions for bank daily" }));
    for (const action of ["Run now", "Pause", "Change…", "Delete…"])
      expect(await screen.findByRole("menuitem", { name: action })).toHaveAttribute("aria-disabled", "true");
    expect(screen.getByText("This connection is read-only")).toBeInTheDocument();
  });

  it("are paused and resumed at once, and the list is read again", async () => {
    const user = userEvent.setup();
    let state: Schedule["state"] = "active";
    const backend = atSchedules([], {
      list_schedules: () => ({ schedules: [aSchedule({ state })], canRunNow: true }),
      pause_schedule: () => {
        state = "paused";
        return null;
      },
      resume_schedule: () => {
        state = "active";
        return null;
      },
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Pause");
    expect(await screen.findByText("Not before it is resumed")).toBeVisible();
    expect(backend.sent).toContainEqual([
      "pause_schedule",
      { connection: "c1", schedule: "702856921622544385", typed: null },
    ]);
    await choose(user, "Resume");
    expect(await screen.findByText("Active")).toBeVisible();
  });

  it("are paused on production only with the connection's name", async () => {
    const user = userEvent.setup();
    const backend = atSchedules([aSchedule()], { pause_schedule: () => null }, production);
    renderApp("/clusters/c1/schedules");
    await choose(user, "Pause");
    const dialog = within(await screen.findByRole("alertdialog", { name: "Pause bank daily?" }));
    expect(dialog.getByRole("button", { name: "Pause the schedule" })).toBeDisabled();
    await user.type(dialog.getByRole("textbox"), "acme-prod{Enter}");
    await waitFor(() =>
      expect(backend.sent).toContainEqual([
        "pause_schedule",
        { connection: "c1", schedule: "702856921622544385", typed: "acme-prod" },
      ]),
    );
  });

  it("that were run out of turn are watched until the run is there", async () => {
    const user = userEvent.setup();
    let looks = 0;
    const ran = {
      state: "succeeded",
      startedAt: "2026-11-23T12:00:00Z",
      endedAt: "2026-11-23T12:01:00Z",
      error: null,
    };
    const backend = atSchedules([], {
      list_schedules: () => {
        looks += 1;
        return {
          schedules: [aSchedule(looks > 2 ? { lastRun: ran as Schedule["lastRun"] } : {})],
          canRunNow: true,
        };
      },
      run_schedule: () => null,
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Run a full backup now");
    expect(await screen.findByText("About to run")).toBeVisible();
    await waitFor(() => expect(screen.queryByText("About to run")).toBeNull(), { timeout: 5000 });
    expect(backend.sent).toContainEqual([
      "run_schedule",
      { connection: "c1", schedule: "702856921622544385", full: true },
    ]);
  });

  it("of an old release cannot be run out of turn, and say so", async () => {
    const user = userEvent.setup();
    atSchedules([], { list_schedules: () => ({ schedules: [aSchedule()], canRunNow: false }) });
    renderApp("/clusters/c1/schedules");
    await user.click(await screen.findByRole("button", { name: "Actions for bank daily" }));
    const run = await screen.findByRole("menuitem", { name: "Run now" });
    expect(run).toHaveAttribute("aria-disabled", "true");
    expect(run).toHaveTextContent("From v24.1 on");
  });

  it("are deleted only after it was said that their backups stay", async () => {
    const user = userEvent.setup();
    const sql = "DROP SCHEDULES VALUES (1), (2)";
    const backend = atSchedules([aSchedule()], {
      plan_drop_schedule: () => ({ plan: "p", schedule: aSchedule(), sql, typeToConfirm: null }),
      drop_schedule: () => null,
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Delete…");
    const dialog = within(await screen.findByRole("alertdialog", { name: "Delete bank daily?" }));
    expect(dialog.getByText(/can be restored/)).toBeVisible();
    await expectAccessible();
    await user.click(dialog.getByRole("button", { name: "Delete the schedule" }));
    await waitFor(() => expect(backend.sent).toContainEqual(["drop_schedule", { plan: "p", typed: null }]));
  });

  it("show their statement, or the backup alone to who is no administrator", async () => {
    const user = userEvent.setup();
    atSchedules([aSchedule()], {
      get_schedule_sql: () => ({ sql: "BACKUP DATABASE bank INTO 'x'", isBackupOnly: true }),
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Details and SQL");
    const dialog = within(await screen.findByRole("dialog", { name: "bank daily" }));
    expect(await dialog.findByText(/told to administrators alone/)).toBeVisible();
    expect(dialog.getByRole("figure")).toHaveTextContent("BACKUP DATABASE bank");
    await expectAccessible();
  });
});

describe("a new schedule", () => {
  it("goes from a database over its times to the exact statement, and into the list", async () => {
    const user = userEvent.setup();
    const backend = atSchedules([aSchedule()], {
      save_collection: () => aCollection({ uri: "userfile://x/bank-schedule", name: "bank-schedule" }),
      plan_schedule: () => plan,
      create_schedule: () => aSchedule(),
    });
    renderApp("/clusters/c1/schedules/new");
    await user.click(await screen.findByRole("button", { name: "Choose how often" }));
    expect(await screen.findByText("Choose a database.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: /Database/ }));
    await user.click(await screen.findByRole("option", { name: /bank/ }));
    await user.click(screen.getByRole("button", { name: "Choose how often" }));
    expect(await screen.findByRole("heading", { name: "How often?" })).toBeVisible();
    await expectAccessible();
    const time = screen.getByRole("textbox", { name: "Time, in UTC" });
    await user.clear(time);
    await user.type(time, "25:00");
    expect(screen.getByText(/Write it as 02:00/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(backend.sent.map(([command]) => command)).not.toContain("plan_schedule");
    await user.clear(time);
    await user.type(time, "4:30");
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByText("The name bank daily is free")).toBeVisible();
    expect(backend.sent.find(([command]) => command === "plan_schedule")?.[1].request).toMatchObject({
      label: "bank daily",
      collection: "userfile://x/bank-schedule",
      recurrence: { type: "daily", hour: 4, minute: 30 },
      full: { type: "weekly", weekday: 0, hour: 4, minute: 30 },
      startsNow: false,
    });
    expect(screen.getByRole("figure", { name: "The exact statement" })).toHaveTextContent(plan.sql);
    const runs = screen.getByRole("list", { name: "The first run and three after it" });
    expect(within(runs).getAllByRole("listitem")).toHaveLength(2);
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Create the schedule" }));
    expect(await screen.findByRole("heading", { name: "Schedules" })).toBeVisible();
    expect(backend.sent).toContainEqual(["create_schedule", { plan: "plan-1" }]);
  });

  it("whose name is taken is planned again under a free one", async () => {
    const user = userEvent.setup();
    const taken = aCheck("label", {
      level: "blocked",
      title: "There is a schedule called bank daily already",
      fixes: [{ type: "useName", name: "bank daily 2" }],
    });
    const backend = atSchedules([], {
      plan_schedule: ({ request }) =>
        (request as { label: string }).label === "bank daily 2"
          ? { ...plan, label: "bank daily 2" }
          : { ...plan, checks: [taken], canStart: false },
    });
    renderApp("/clusters/c1/schedules/new?database=bank&collection=userfile%3A%2F%2Fx%2Fb&step=check");
    const use = await screen.findByRole("button", { name: "Use bank daily 2" });
    expect(screen.getByRole("button", { name: "Create the schedule" })).toBeDisabled();
    await user.click(use);
    await waitFor(() => expect(screen.getByRole("button", { name: "Create the schedule" })).toBeEnabled());
    expect(backend.sent.filter(([command]) => command === "plan_schedule")).toHaveLength(2);
  });

  it("whose times are none leads back to them", async () => {
    const user = userEvent.setup();
    atSchedules([], {
      plan_schedule: () => {
        throw failure({ code: "invalidInput", message: "“noon” is not a cron expression." });
      },
    });
    renderApp(
      "/clusters/c1/schedules/new?database=bank&collection=userfile%3A%2F%2Fx%2Fb&often=cron&cron=noon&step=check",
    );
    expect(await screen.findByText("“noon” is not a cron expression.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Change it" }));
    expect(await screen.findByRole("textbox", { name: "Cron expression" })).toHaveValue("noon");
  });

  it("stays where it was refused, with a way to check again", async () => {
    const user = userEvent.setup();
    atSchedules([], {
      plan_schedule: () => plan,
      create_schedule: () => {
        throw failure({ code: "planChanged", message: "The time of the first run has passed meanwhile." });
      },
    });
    renderApp("/clusters/c1/schedules/new?database=bank&collection=userfile%3A%2F%2Fx%2Fb&step=check");
    await user.click(await screen.findByRole("button", { name: "Create the schedule" }));
    expect(await screen.findByText("The time of the first run has passed meanwhile.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check again" }));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  });

  it("on production has nothing chosen beforehand", async () => {
    const user = userEvent.setup();
    atSchedules([], {}, production);
    renderApp("/clusters/c1/schedules/new?database=bank&collection=userfile%3A%2F%2Fx%2Fb&step=when");
    await user.click(await screen.findByRole("button", { name: "Check it" }));
    expect(screen.getByText("Choose how often.")).toBeVisible();
    expect(screen.getByText("Give it a name.")).toBeVisible();
    expect(screen.getByRole("heading", { name: "How often?" })).toBeVisible();
  });

  it("is refused at the first step on a read-only connection, with the reason", async () => {
    atSchedules([], {}, aConnection("c1", { readOnly: true }));
    renderApp("/clusters/c1/schedules/new");
    expect(await screen.findByText(/No schedule can be made through it/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Choose how often" })).toBeDisabled();
  });
});

const changePlan: ScheduleChangePlan = {
  plan: "change-1",
  schedule: aSchedule(),
  label: "bank daily",
  recurrence: { words: "Every hour at :15", toldBy: null, choice: { type: "hourly", minute: 15 } },
  fullRecurrence: null,
  runs: [{ at: "2026-11-24T02:15:00Z", kind: "full" }],
  sql: "ALTER BACKUP SCHEDULE 1 SET FULL BACKUP ALWAYS, SET RECURRING '15 * * * *'",
  checks: [aCheck("privilege", { title: "ada may change it" })],
  canStart: true,
  typeToConfirm: null,
};

describe("changing a schedule", () => {
  it("starts from what it is, tells what would change, and does it", async () => {
    const user = userEvent.setup();
    const backend = atSchedules([aSchedule()], {
      plan_change_schedule: () => changePlan,
      change_schedule: () => aSchedule(),
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Change…");
    expect(await screen.findByRole("heading", { name: "When shall bank daily run?" })).toBeVisible();
    expect(screen.getByRole("radio", { name: /^Every day/ })).toBeChecked();
    expect(screen.getByLabelText("Time, in UTC")).toHaveValue("02:00");
    expect(screen.getByRole("radio", { name: /^Once a week/ })).toBeChecked();
    expect(screen.getByLabelText("Name of the schedule")).toHaveValue("bank daily");
    await expectAccessible();
    await user.click(screen.getByRole("radio", { name: /^Every hour/ }));
    await user.click(screen.getByRole("radio", { name: /^Each time/ }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    expect(await screen.findByText("ada may change it")).toBeVisible();
    expect(document.body.textContent).toContain("ALTER BACKUP SCHEDULE 1");
    expect(backend.sent).toContainEqual([
      "plan_change_schedule",
      {
        connection: "c1",
        schedule: "702856921622544385",
        change: { label: "bank daily", recurrence: { type: "hourly", minute: 0 }, full: null },
      },
    ]);
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Change the schedule" }));
    expect(await screen.findByRole("heading", { name: "Schedules" })).toBeVisible();
    expect(backend.sent).toContainEqual(["change_schedule", { plan: "change-1", typed: null }]);
  });

  it("asks for the connection's name on production", async () => {
    const user = userEvent.setup();
    const backend = atSchedules(
      [aSchedule()],
      {
        plan_change_schedule: () => ({ ...changePlan, typeToConfirm: "acme-prod" }),
        change_schedule: () => aSchedule(),
      },
      production,
    );
    renderApp("/clusters/c1/schedules");
    await choose(user, "Change…");
    await user.click(await screen.findByRole("button", { name: "Check it" }));
    await user.click(await screen.findByRole("button", { name: "Change the schedule…" }));
    const dialog = within(await screen.findByRole("alertdialog", { name: "Change bank daily?" }));
    await user.type(dialog.getByRole("textbox"), "acme-prod{Enter}");
    await waitFor(() =>
      expect(backend.sent).toContainEqual(["change_schedule", { plan: "change-1", typed: "acme-prod" }]),
    );
  });

  it("leads back from what the cluster would refuse", async () => {
    const user = userEvent.setup();
    atSchedules([aSchedule()], {
      plan_change_schedule: () => {
        throw failure({ code: "invalidInput", message: "bank daily is like that already." });
      },
    });
    renderApp("/clusters/c1/schedules");
    await choose(user, "Change…");
    await user.click(await screen.findByRole("button", { name: "Check it" }));
    expect(await screen.findByText("bank daily is like that already.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Choose something else" }));
    expect(await screen.findByRole("heading", { name: "When shall bank daily run?" })).toBeVisible();
  });
});
