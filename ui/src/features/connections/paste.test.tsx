import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, opened, renderApp } from "../../../tests/app";

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

const url = "postgresql://ada:hunter2@blue-dog.example:26257/bank";

describe("what is still in the field for pasting", () => {
  it("is filled in by itself when a whole connection string is pasted", async () => {
    const user = userEvent.setup();
    formBackend((text) => {
      if (text !== url) throw refusal;
      return pasted;
    });
    renderApp("/connections/new");
    const field = await screen.findByLabelText("Connection string");
    await user.click(field);
    await user.paste("half a string");
    expect(screen.queryByText(/This is not a connection string/)).toBeNull();
    await user.clear(field);
    await user.paste(url);
    await waitFor(() => expect(screen.getByLabelText("Host")).toHaveValue("blue-dog.example"));
    expect(field).toHaveValue("");
    expect(screen.getByText(/In the form now: ada at blue-dog.example/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Save and connect" })).toHaveFocus();
  });

  it("is taken by Save and connect, and errors that it mended go", async () => {
    const user = userEvent.setup();
    const saved = aConnection("x", { name: "blue-dog", host: "blue-dog.example" });
    const backend = mockBackend({
      list_connections: () => ({ connections: [saved], healed: null }),
      parse_connection: ({ text }) => {
        if (text !== url) throw refusal;
        return pasted;
      },
      get_keyring_state: () => ({
        status: "ready",
        name: "Keyring",
        message: null,
        hint: null,
        detail: null,
      }),
      save_connection: ({ draft }) => {
        const { host } = (draft as { fields: { host: string } }).fields;
        if (host !== "") return saved;
        throw failure({
          code: "invalidInput",
          message: "Something is missing.",
          fields: { host: "Enter a host." },
        });
      },
      connect_cluster: () => opened(saved),
    });
    renderApp("/connections/new");
    await user.click(await screen.findByRole("button", { name: "Save and connect" }));
    expect(await screen.findByText("Enter a host.")).toBeVisible();
    const field = screen.getByLabelText("Connection string");
    await user.type(field, "nonsense");
    await user.click(screen.getByRole("button", { name: "Save and connect" }));
    expect(await screen.findByText(/This is not a connection string/)).toBeVisible();
    expect(field).toHaveFocus();
    expect(backend.sent.filter(([command]) => command === "save_connection")).toHaveLength(1);

    await user.clear(field);
    await user.type(field, url);
    await user.click(screen.getByRole("button", { name: "Fill in the form" }));
    await waitFor(() => expect(screen.queryByText("Enter a host.")).toBeNull());
    expect(screen.queryByText("Something is missing.")).toBeNull();
    await user.type(field, url);
    await user.click(screen.getByRole("button", { name: "Save and connect" }));
    expect(await screen.findByText("signed in as ada")).toBeVisible();
    expect(backend.sent.findLast(([command]) => command === "save_connection")?.[1]).toMatchObject({
      draft: { fields: { host: "blue-dog.example" }, password: { kind: "staged", handle: "handle-1" } },
    });
  });
});
