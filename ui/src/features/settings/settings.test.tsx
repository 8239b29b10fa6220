import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { failure, mockBackend, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { limitDraft, limitOf } from "./speedLimit";

const answers = {
  list_connections: () => ({ connections: [], healed: null }),
  get_about: () => ({ version: "0.1.0", dataDir: "/home/ada/.local/share/roachvault" }),
};
const saved = (backend: ReturnType<typeof mockBackend>) =>
  backend.sent.filter(([command]) => command === "save_settings").map(([, args]) => args);

describe("the speed limit", () => {
  it("is off at first, is set with its unit, and says what is in force", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...answers,
      get_settings: () => ({ transferBytesPerSecond: null }),
      save_settings: ({ settings }) => settings,
    });
    renderApp("/settings");
    expect(await screen.findByRole("radio", { name: "No limit" })).toBeChecked();
    expect(screen.getByLabelText("Most per second")).toBeDisabled();
    await user.click(screen.getByRole("radio", { name: /At most/ }));
    await expectAccessible();
    await user.type(screen.getByLabelText("Most per second"), "2,5{Enter}");
    expect(await screen.findByText(/In force: at most 2.5 MiB per second/)).toBeVisible();
    await user.click(screen.getByRole("radio", { name: "No limit" }));
    await user.click(screen.getByRole("button", { name: "Save the limit" }));
    expect(await screen.findByText(/In force: no limit/)).toBeVisible();
    expect(saved(backend)).toEqual([
      { settings: { transferBytesPerSecond: 2.5 * 2 ** 20 } },
      { settings: { transferBytesPerSecond: null } },
    ]);
  });

  it("that cannot be is refused beside its field, and nothing is sent", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({ ...answers, get_settings: () => ({ transferBytesPerSecond: 512 * 1024 }) });
    renderApp("/settings");
    const field = await screen.findByLabelText("Most per second");
    expect(field).toHaveValue("512");
    await user.clear(field);
    await user.type(field, "fast{Enter}");
    expect(await screen.findByText("Type a number, such as 5 or 2.5.")).toBeVisible();
    await user.clear(field);
    await user.type(field, "15{Enter}");
    expect(await screen.findByText("The least limit is 16 KiB per second.")).toBeVisible();
    expect(saved(backend)).toEqual([]);
  });

  it("that the disk did not take is said, and the old one stays in force", async () => {
    const user = userEvent.setup();
    mockBackend({
      ...answers,
      get_settings: () => ({ transferBytesPerSecond: null }),
      save_settings: () => {
        throw failure({ message: "The settings could not be written." });
      },
    });
    renderApp("/settings");
    await user.click(await screen.findByRole("radio", { name: /At most/ }));
    await user.type(screen.getByLabelText("Most per second"), "5{Enter}");
    expect(await screen.findByText("The settings could not be written.")).toBeVisible();
    expect(screen.getByText(/In force: no limit/)).toBeVisible();
  });

  it("reads as it was typed", () => {
    for (const limit of [16 * 1024, 300 * 1024, 2 ** 20, 2.5 * 2 ** 20, 3 * 2 ** 30, 1_500_000]) {
      expect(limitOf(limitDraft(limit))).toBe(limit);
    }
  });
});
