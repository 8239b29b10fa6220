import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, renderApp } from "../../../tests/app";

const pasted = {
  fields: aConnection("x", { name: "blue-dog", host: "blue-dog.example" }).fields,
  password: "handle-1",
  clientKey: null,
  ca: [],
  clientCert: [],
  notes: [],
};

function formBackend(read: (text: string) => unknown, clipboard: () => unknown = () => null) {
  return mockBackend({
    list_connections: () => ({ connections: [aConnection("a")], healed: null }),
    parse_connection: ({ text }) => read(text as string),
    read_clipboard_connection: clipboard,
    get_keyring_state: () => ({ status: "ready", name: "Keyring", message: null, hint: null, detail: null }),
  });
}

const refusal = failure({ code: "invalidInput", message: "This is not a connection string." });

describe("a text that is pasted over another one", () => {
  it("leaves nothing of the former cluster in the form when it is not understood", async () => {
    const user = userEvent.setup();
    formBackend((text) => {
      if (text === "nonsense") throw refusal;
      return pasted;
    });
    renderApp("/connections/new");
    await user.type(await screen.findByLabelText("Connection string"), "a url");
    await user.click(screen.getByRole("button", { name: "Fill in the form" }));
    expect(await screen.findByText(/Taken from the pasted text/)).toBeVisible();
    await user.type(screen.getByLabelText("Connection string"), "nonsense");
    await user.click(screen.getByRole("button", { name: "Fill in the form" }));
    expect(await screen.findByText(/This is not a connection string/)).toBeVisible();
    expect(screen.getByLabelText("Host")).toHaveValue("");
    expect(screen.getByLabelText("Name")).toHaveValue("");
    expect(screen.queryByText(/Taken from the pasted text/)).toBeNull();
  });

  it("says why the clipboard's string cannot be used, until another one is understood", async () => {
    const user = userEvent.setup();
    formBackend(
      () => pasted,
      () => {
        throw refusal;
      },
    );
    renderApp("/connections/new");
    await user.click(await screen.findByRole("button", { name: "Take it from the clipboard" }));
    expect(await screen.findByText(/This is not a connection string/)).toBeVisible();
    await user.type(screen.getByLabelText("Connection string"), "a url");
    await user.click(screen.getByRole("button", { name: "Fill in the form" }));
    expect(await screen.findByText(/Taken from the pasted text/)).toBeVisible();
    expect(screen.queryByText(/This is not a connection string/)).toBeNull();
  });
});
