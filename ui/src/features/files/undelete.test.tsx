import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aDeletedFile, aDeletedList, aFolder, store } from "../../../tests/wire";
import type { DeletedUserfiles } from "../../ipc/bindings";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });
const production = aConnection("c1", { name: "acme-prod", environment: "production" });

function atUndelete(list: DeletedUserfiles, connection = staging) {
  const backend = mockBackend({
    list_connections: () => ({ connections: [connection], healed: null }),
    connect_cluster: () => opened(connection),
    list_userfile_stores: () => [{ store, own: true, exists: true }],
    list_userfiles: () => aFolder([]),
    list_deleted_userfiles: () => list,
    start_undelete: () => "job-1",
  });
  renderApp("/clusters/c1/files?undelete=true");
  return backend;
}

const back = (backend: ReturnType<typeof mockBackend>) =>
  backend.sent.filter(([sent]) => sent === "start_undelete").map(([, args]) => args);
const row = (name: RegExp) => screen.findByRole("row", { name });
const grid = () => screen.getByRole("treegrid", { name: "Deleted files" });

const bank = "bank-backup/2026/11/23-110000.00";
const backup = aDeletedList(
  [
    aDeletedFile(`${bank}/BACKUP_MANIFEST`),
    aDeletedFile(`${bank}/data/1.sst`),
    aDeletedFile("exports/a.csv", { nameTaken: true }),
    aDeletedFile("exports/b.csv"),
    aDeletedFile("gone.csv", { nameTaken: true }),
  ],
  { collections: [{ path: "bank-backup", backups: 1 }] },
);

describe("what was deleted", () => {
  it("comes back, under another name where its own is taken", async () => {
    const user = userEvent.setup();
    const backend = atUndelete(backup);
    await user.click(await row(/^gone\.csv/));
    expect(screen.getByText(/comes back with a number in its name/)).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Bring back 1 file" }));
    await waitFor(() =>
      expect(back(backend)).toEqual([{ connection: "c1", store: null, fileIds: ["gone.csv"], typed: null }]),
    );
  });

  it("is a backup as a whole, and says for how long it is kept", async () => {
    const user = userEvent.setup();
    const backend = atUndelete(backup);
    const group = await row(/^bank-backup, backup collection, 1 backup, 2 files/);
    expect(group).toHaveAttribute("aria-expanded", "false");
    expect(screen.queryByRole("row", { name: /BACKUP_MANIFEST/ })).toBeNull();
    expect(screen.getByText("The cluster keeps deleted data for 4 hours 30 minutes")).toBeVisible();
    await user.click(group);
    expect(screen.getByText("2 of 5 files, 2.0 KiB")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Bring back 2 files" }));
    await waitFor(() => expect(back(backend)[0]?.fileIds).toHaveLength(2));
  });

  it("is unfolded, chosen and filtered by keyboard alone", async () => {
    const user = userEvent.setup();
    const backend = atUndelete(backup);
    await row(/^bank-backup/);
    grid().focus();
    await user.keyboard("{ArrowDown}{ArrowRight}");
    expect(await row(/^exports\/a\.csv/)).toHaveAttribute("aria-level", "2");
    await user.keyboard("{ArrowRight}[Space]");
    expect(await row(/^exports\/a\.csv/)).toHaveAttribute("aria-selected", "true");
    expect(within(await row(/^exports, folder/)).getByText(/1 of them chosen/)).toBeVisible();
    await user.keyboard("{ArrowLeft}");
    await user.keyboard("{ArrowLeft}");
    expect(screen.queryByRole("row", { name: /^exports\/a/ })).toBeNull();
    await user.keyboard("GONE");
    expect(screen.getByRole("searchbox", { name: "Filter names" })).toHaveValue("GONE");
    expect(within(grid()).getAllByRole("row")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Bring back 1 file" }));
    await waitFor(() => expect(back(backend)[0]?.fileIds).toEqual(["exports/a.csv"]));
  });

  it("comes back to a production cluster once its name is typed", async () => {
    const user = userEvent.setup();
    const backend = atUndelete(aDeletedList([aDeletedFile("gone.csv")]), production);
    await user.click(await row(/^gone\.csv/));
    expect(screen.getByRole("button", { name: "Bring back 1 file" })).toBeDisabled();
    await user.type(screen.getByRole("textbox", { name: "Name of the connection" }), "acme-prod");
    await user.click(screen.getByRole("button", { name: "Bring back 1 file" }));
    await waitFor(() => expect(back(backend)[0]?.typed).toBe("acme-prod"));
  });

  it("may be thousands of files, of which few are drawn", async () => {
    atUndelete(
      aDeletedList(
        Array.from({ length: 2000 }, (_, at) => aDeletedFile(`part-${String(at).padStart(4, "0")}`)),
      ),
    );
    await row(/^part-0000/);
    expect(grid()).toHaveAttribute("aria-rowcount", "2001");
    expect(within(grid()).getAllByRole("row").length).toBeLessThan(60);
  });

  it("and is gone for good says for how long it was kept", async () => {
    atUndelete(aDeletedList([]));
    expect(await screen.findByText(/The cluster keeps deleted data for 4 hours 30 minutes\./)).toBeVisible();
  });
});
