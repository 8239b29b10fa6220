import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { aConnection, mockBackend, renderApp } from "../../../tests/app";

it("changes the order of connections by keyboard alone", async () => {
  const user = userEvent.setup();
  let ids = ["a", "b", "c"];
  const backend = mockBackend({
    list_connections: () => ({
      connections: ids.map((id) => aConnection(id, { name: `cluster-${id}` })),
      healed: null,
    }),
    reorder_connections: (sent) => {
      ids = sent.ids as string[];
      return null;
    },
  });
  renderApp("/");
  const menu = await screen.findByRole("button", { name: "Actions for cluster-c" });
  menu.focus();
  await user.keyboard("{Enter}");
  await screen.findByRole("menuitem", { name: "Move up" });
  await user.keyboard("Move up{Enter}");
  await expect
    .poll(() => backend.sent.filter(([command]) => command === "reorder_connections"))
    .toHaveLength(1);
  expect(ids).toEqual(["a", "c", "b"]);
  await expect
    .poll(() => screen.getAllByRole("rowheader").map((row) => row.textContent))
    .toEqual(["cluster-a", "cluster-c", "cluster-b"]);
});
