import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { expectAccessible } from "../../tests/axe";
import { AbilityList } from "./AbilityList";
import { Badge, Pill } from "./Badge";
import { Button, IconButton } from "./Button";
import { Callout } from "./Callout";
import { Card } from "./Card";
import { CheckList } from "./CheckList";
import { Checkbox, RadioGroup, Switch } from "./Choice";
import { ConfirmDialog, TypedNameDialog } from "./Dialog";
import { KeyValueList } from "./KeyValueList";
import { MenuButton } from "./Menu";
import { Moment } from "./Moment";
import { PageHeader } from "./PageHeader";
import { ProgressBar } from "./ProgressBar";
import { Select } from "./Select";
import { SqlBlock } from "./SqlBlock";
import { EmptyState, ErrorState, Skeleton, WaitingHelp } from "./States";
import { StepList } from "./StepList";
import { Table } from "./Table";
import { Tabs } from "./Tabs";
import { SearchField, TextField } from "./TextField";
import { announce, ToastRegion } from "./Toast";

const nothing = () => {};

describe("every component", () => {
  it("has names and roles that a screen reader can use", async () => {
    render(
      <main>
        <PageHeader
          title="Files"
          beside={<Badge tone="good">checked</Badge>}
          actions={<Button>Upload…</Button>}
        />
        <Card title="Databases" aside={<Pill tone="bad">Production</Pill>}>
          <Table
            label="Databases"
            columns={[{ id: "name", header: "Name", isRowHeader: true, cell: (name: string) => name }]}
            rows={["bank"]}
            rowKey={(name) => name}
          />
        </Card>
        <Callout tone="attention" title="Know this" />
        <EmptyState title="Nothing yet" />
        <ErrorState error={{ message: "No answer." }} />
        <StepList label="Steps" steps={[{ id: "a", title: "Moment", state: "current", choice: "today" }]} />
        <CheckList label="Checks" checks={[{ id: "a", state: "blocked", title: "No room" }]} />
        <ProgressBar label="Uploading" fraction={0.4} />
        <SqlBlock sql="SELECT 1" />
        <KeyValueList entries={[["Host", "localhost"]]} />
        <Tabs label="Parts" items={[{ id: "a", label: "One", panel: "one" }]} />
        <TextField label="Host" description="From the console" error="Enter a host." />
        <TextField label="Password" type="password" />
        <SearchField label="Filter names" value="x" onChange={nothing} />
        <Select label="TLS" options={[{ value: "a", label: "On" }]} value="a" onChange={nothing} />
        <Checkbox isSelected onChange={nothing}>
          Read-only
        </Checkbox>
        <Switch isSelected={false} onChange={nothing}>
          Notify
        </Switch>
        <RadioGroup
          label="Environment"
          options={[{ value: "a", label: "Staging" }]}
          value="a"
          onChange={nothing}
        />
        <IconButton icon="close" label="Close" />
        <MenuButton label="More" icon="more" actions={[{ id: "a", label: "Rename", onAction: nothing }]} />
        <Skeleton label="Loading the files" />
        <Moment value="2026-11-23T10:37:00Z" withUtc />
        <ToastRegion />
      </main>,
    );
    await expectAccessible();
  });
});

it("what one may not do stands before what one may", () => {
  const ability = (action: string, permission: "allowed" | "notGranted" | "unknown") => ({
    action,
    permission,
    grant: permission === "allowed" ? null : "GRANT x TO ada",
  });
  render(
    <AbilityList
      abilities={[
        ability("useFiles", "allowed"),
        ability("seeAllJobs", "unknown"),
        ability("restoreTable", "notGranted"),
      ]}
    />,
  );
  const titles = screen.getAllByRole("listitem").map((item) => item.querySelector("p")?.textContent);
  expect(titles).toEqual([
    "You should know: Restore single tables",
    "Good: Keep files in the cluster",
    "Note: See the jobs of others",
  ]);
});

describe("a state", () => {
  afterEach(() => vi.useRealTimers());

  it("shows no sign of waiting for the first 150 ms", () => {
    vi.useFakeTimers();
    render(<Skeleton label="Loading the files" />);
    const skeleton = screen.getByRole("status", { name: "Loading the files" });
    expect(skeleton).not.toHaveAttribute("data-shown");
    act(() => vi.advanceTimersByTime(151));
    expect(skeleton).toHaveAttribute("data-shown");
  });

  it("says after 10 s that there is still no answer, and what can be done", () => {
    vi.useFakeTimers();
    render(
      <WaitingHelp value={<button type="button">Ask again</button>}>
        <Skeleton label="Loading the files" />
      </WaitingHelp>,
    );
    act(() => vi.advanceTimersByTime(9_900));
    expect(screen.queryByText(/Still waiting/)).toBeNull();
    act(() => vi.advanceTimersByTime(200));
    expect(screen.getByText(/Still waiting for an answer/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Ask again" })).toBeVisible();
  });

  it("copies the details of an error, and offers another try only where it may help", async () => {
    const user = userEvent.setup();
    const onRetry = vi.fn();
    const error = {
      message: "No answer.",
      hint: "Check the network.",
      detail: "os error 110",
      retryable: false,
    };
    const { rerender } = render(<ErrorState error={error} onRetry={onRetry} />);
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Copy details" }));
    expect(await navigator.clipboard.readText()).toBe("No answer.\nCheck the network.\nos error 110");
    expect(screen.getByRole("button", { name: "Copied" })).toBeVisible();
    rerender(<ErrorState error={{ ...error, retryable: true }} onRetry={onRetry} />);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  it("is announced and can be dismissed", async () => {
    const user = userEvent.setup();
    render(<ToastRegion />);
    act(() => announce("The address was copied."));
    expect(screen.getByRole("status")).toHaveTextContent("The address was copied.");
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.getByRole("status")).toBeEmptyDOMElement();
  });
});

describe("a dangerous question", () => {
  it("starts on Cancel, so that Enter by habit destroys nothing", async () => {
    const user = userEvent.setup();
    const onConfirm = vi.fn();
    const onClose = vi.fn();
    render(
      <ConfirmDialog
        title="Delete 2 files?"
        isOpen
        isDanger
        onClose={onClose}
        onConfirm={onConfirm}
        confirmLabel="Delete 2 files"
      >
        28.1 MiB
      </ConfirmDialog>,
    );
    expect(screen.getByRole("alertdialog", { name: "Delete 2 files?" })).toBeVisible();
    await expectAccessible();
    await user.keyboard("{Enter}");
    expect(onConfirm).not.toHaveBeenCalled();
    expect(onClose).toHaveBeenCalled();
  });

  it("waits for the typed name, letter by letter", async () => {
    const user = userEvent.setup();
    const onConfirm = vi.fn();
    render(
      <TypedNameDialog
        title="Delete the database bank?"
        isOpen
        onClose={nothing}
        onConfirm={onConfirm}
        confirmLabel="Delete bank"
        name="bank"
        nameOf="database"
      >
        3 tables
      </TypedNameDialog>,
    );
    await expectAccessible();
    const field = screen.getByRole("textbox", { name: "Name of the database" });
    expect(field).toHaveFocus();
    await user.type(field, "Bank{Enter}");
    expect(onConfirm).not.toHaveBeenCalled();
    expect(screen.getByRole("button", { name: "Delete bank" })).toBeDisabled();
    await user.clear(field);
    await user.type(field, "bank{Enter}");
    expect(onConfirm).toHaveBeenCalledOnce();
  });
});

describe("a password field", () => {
  it("shows what was typed on request", async () => {
    const user = userEvent.setup();
    render(<TextField label="Password" type="password" defaultValue="hunter2" />);
    const field = screen.getByLabelText("Password");
    expect(field).toHaveAttribute("type", "password");
    await user.click(screen.getByRole("button", { name: "Show password" }));
    expect(field).toHaveAttribute("type", "text");
  });
});
