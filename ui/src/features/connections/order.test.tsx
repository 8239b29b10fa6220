import { fireEvent, screen } from "@testing-library/react";
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

/** Three connections of one group and one of another, in the order that the back end was told last. */
function ordered() {
  let ids = ["a", "b", "c", "d"];
  mockBackend({
    list_connections: () => ({
      connections: ids.map((id) =>
        aConnection(id, { name: `cluster-${id}`, group: id === "d" ? "Others" : null }),
      ),
      healed: null,
    }),
    reorder_connections: (sent) => {
      ids = sent.ids as string[];
      return null;
    },
  });
  renderApp("/");
  return () => ids.join("");
}

it("moves a row with the arrow keys, which keeps the focus", async () => {
  const user = userEvent.setup();
  const order = ordered();
  (await screen.findByRole("button", { name: "Move cluster-a" })).focus();
  await user.keyboard("{ArrowDown}");
  await expect.poll(order).toBe("bacd");
  await expect.poll(() => document.activeElement?.getAttribute("aria-label")).toBe("Move cluster-a");
  await user.keyboard("{ArrowUp}");
  await expect.poll(order).toBe("abcd");
  await user.keyboard("{ArrowUp}");
  expect(order()).toBe("abcd");
});

it("moves a row to the place it is dragged to, within its group", async () => {
  const order = ordered();
  const grip = await screen.findByRole("button", { name: "Move cluster-c" });
  const drag = (to: string) => {
    document.elementFromPoint = () => document.querySelector(`[data-row="${to}"]`);
    fireEvent.pointerDown(grip);
    fireEvent.pointerMove(grip);
    fireEvent.pointerUp(grip);
  };
  drag("d");
  drag("c");
  expect(order()).toBe("abcd");
  drag("a");
  await expect.poll(order).toBe("cabd");
});
