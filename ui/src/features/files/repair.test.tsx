import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aFile, aFolder, store } from "../../../tests/wire";
import type { RepairItem, RepairPlan } from "../../ipc/bindings";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });

const shifted: RepairItem = {
  fileId: "11111111-0000-0000-0000-000000000000",
  damage: "shifted",
  path: "orders.csv",
  sizeBytes: 8_388_608,
  uploadedAt: "2023-05-01T10:00:00Z",
  maybeActive: false,
};
const leftover: RepairItem = {
  ...shifted,
  fileId: "22222222-0000-0000-0000-000000000000",
  damage: "leftover",
  path: "half.csv.tmp",
};
const active: RepairItem = {
  ...leftover,
  fileId: "33333333-0000-0000-0000-000000000000",
  path: "now.csv.tmp",
  maybeActive: true,
};
const orphan: RepairItem = {
  ...shifted,
  fileId: "44444444-0000-0000-0000-000000000000",
  damage: "orphan",
  path: null,
  uploadedAt: null,
};

async function findDamage(
  items: RepairItem[],
  typeToConfirm: string | null = null,
  lost: RepairPlan["lost"] = [],
) {
  const user = userEvent.setup();
  const backend = mockBackend({
    list_connections: () => ({ connections: [staging], healed: null }),
    connect_cluster: () => opened(staging),
    list_userfile_stores: () => [{ store, own: true, exists: true }],
    list_userfiles: () => aFolder([aFile("customers.csv")]),
    plan_repair: () => ({ plan: "plan-1", store, items, lost, typeToConfirm }),
    start_repair: () => "job-1",
  });
  renderApp("/clusters/c1/files");
  await user.click(await screen.findByRole("button", { name: "More for files" }));
  await user.click(await screen.findByRole("menuitem", { name: /Repair…/ }));
  const dialog = await screen.findByRole("dialog", { name: "Damage in the file storage" });
  return { user, backend, dialog };
}

describe("looking for damage", () => {
  it("tells of a file whose bytes are missing, which nothing can mend", async () => {
    const { dialog } = await findDamage([], null, [{ path: "lost.bin", sizeBytes: 5000, storedBytes: 0 }]);
    expect(await within(dialog).findByText("0 of 5,000 bytes are there")).toBeVisible();
    expect(within(dialog).queryByRole("heading", { name: "Nothing to mend" })).toBeNull();
    await expectAccessible();
  });

  it("says when there is nothing to mend", async () => {
    const { dialog } = await findDamage([]);
    expect(await within(dialog).findByRole("heading", { name: "Nothing to mend" })).toBeVisible();
    expect(within(dialog).getAllByRole("button")).toHaveLength(1);
    await expectAccessible();
  });

  it("explains each kind, and chooses all but what may still be written", async () => {
    const { dialog } = await findDamage([shifted, leftover, active, orphan]);
    expect(await within(dialog).findByText("1 file has parts in the wrong place")).toBeVisible();
    expect(within(dialog).getByText("2 uploads did not end")).toBeVisible();
    expect(within(dialog).getByText("1 deleted file has left parts behind")).toBeVisible();
    expect(within(dialog).getByText("3 of 4 chosen, 24.0 MiB")).toBeVisible();
    expect(within(dialog).getByRole("row", { name: /^now\.csv/ })).toHaveAttribute("aria-selected", "false");
    expect(within(dialog).getByText(/may still be running elsewhere/)).toBeVisible();
    await expectAccessible();
  });

  it("of a production cluster chooses nothing beforehand, and wants its name", async () => {
    const { user, backend, dialog } = await findDamage([shifted, leftover], "acme-prod");
    expect(await within(dialog).findByText("0 of 2 chosen, 0 bytes")).toBeVisible();
    await user.click(within(dialog).getByRole("row", { name: /^orders\.csv/ }));
    const mend = within(dialog).getByRole("button", { name: "Mend 1 file" });
    expect(mend).toBeDisabled();
    await user.type(within(dialog).getByRole("textbox", { name: "Name of the connection" }), "acme-prod");
    await user.click(mend);
    await waitFor(() =>
      expect(backend.sent).toContainEqual([
        "start_repair",
        { plan: "plan-1", fileIds: [shifted.fileId], typed: "acme-prod" },
      ]),
    );
  });

  it("mends what is chosen and nothing else", async () => {
    const { user, backend, dialog } = await findDamage([shifted, leftover]);
    await user.click(await within(dialog).findByRole("row", { name: /^half\.csv/ }));
    await user.click(within(dialog).getByRole("button", { name: "Mend 1 file" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const sent = backend.sent.filter(([command]) => command === "start_repair").map(([, args]) => args);
    expect(sent).toEqual([{ plan: "plan-1", fileIds: [shifted.fileId], typed: null }]);
  });

  it("mends nothing when nothing is chosen", async () => {
    const { user, dialog } = await findDamage([shifted, leftover]);
    expect(
      await within(dialog).findByRole("button", { name: "Mend 1 file, remove 1 leftover" }),
    ).toBeEnabled();
    await user.click(within(dialog).getByRole("button", { name: "Choose none" }));
    expect(within(dialog).getByRole("button", { name: "Mend" })).toBeDisabled();
  });
});
