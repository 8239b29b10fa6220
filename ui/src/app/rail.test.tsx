import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { aConnection, aJob, mockBackend, opened, renderApp } from "../../tests/app";
import { initials } from "./Rail";

it("names each connection with two letters where there is room for no more", () => {
  const cases = [
    ["acme-prod", "AP"],
    ["localhost", "LO"],
    ["Bank (copy)", "BC"],
    ["x", "X"],
    ["münchen süd", "MS"],
    ["🐞", ""],
  ] as const;
  for (const [name, letters] of cases) expect(initials(name)).toBe(letters);
});

it("shows the groups inside each environment, and the way to all connections", async () => {
  mockBackend({
    list_connections: () => ({
      connections: [
        aConnection("a", { environment: "production", group: "Payments" }),
        aConnection("b", { environment: "production" }),
        aConnection("c", { environment: "staging", group: "Payments" }),
      ],
      healed: null,
    }),
  });
  renderApp("/settings");
  const production = await screen.findByRole("region", { name: "Production" });
  const links = within(production).getAllByRole("link");
  expect(links.map((link) => link.getAttribute("aria-label"))).toEqual([
    "b (production, not connected)",
    "a (production, not connected)",
  ]);
  expect(within(production).getByRole("heading", { name: "Payments" })).toBeVisible();
  expect(screen.getByRole("link", { name: "All connections" })).toBeVisible();
});

it("offers in a cluster's menu what the list of all connections offers", async () => {
  const user = userEvent.setup();
  const acme = aConnection("c1", { name: "acme" });
  const backend = mockBackend({
    list_connections: () => ({ connections: [acme], healed: null }),
    connect_cluster: () => opened(acme),
    duplicate_connection: () => aConnection("c2", { name: "acme (copy)" }),
    delete_connection: () => null,
  });
  renderApp("/clusters/c1");
  await user.click(await screen.findByRole("button", { name: "Actions for acme" }));
  await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
  expect(await screen.findByText("acme (copy) was added.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Actions for acme" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  await user.click(await screen.findByRole("button", { name: "Delete the connection" }));
  expect(await screen.findByRole("heading", { name: "Connections" })).toBeVisible();
  expect(backend.sent).toContainEqual(["delete_connection", { id: "c1" }]);
});

it("says before a connection is deleted what runs on it", async () => {
  const user = userEvent.setup();
  const acme = aConnection("c1", { name: "acme" });
  const backend = mockBackend({
    list_connections: () => ({ connections: [acme], healed: null }),
    connect_cluster: () => opened(acme),
  });
  renderApp("/clusters/c1");
  await user.click(await screen.findByRole("button", { name: "Actions for acme" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  const dialog = await screen.findByRole("alertdialog", { name: "Delete the connection acme?" });
  expect(within(dialog).queryByRole("note")).toBeNull();
  act(() =>
    backend.sendJobs({
      full: true,
      jobs: [
        aJob("u1", { title: "Upload orders.csv" }),
        aJob("r1", { kind: "restore", title: "Restore bank" }),
        aJob("u2", { title: "Upload elsewhere", connectionId: "c2" }),
      ],
      removed: [],
    }),
  );
  expect(within(dialog).getByText("1 transfer stops where it is")).toBeVisible();
  expect(within(dialog).getByText("Upload orders.csv")).toBeVisible();
  expect(within(dialog).getByText("Goes on in the cluster")).toBeVisible();
  expect(within(dialog).getByText("Restore bank")).toBeVisible();
  expect(within(dialog).queryByText("Upload elsewhere")).toBeNull();
});
