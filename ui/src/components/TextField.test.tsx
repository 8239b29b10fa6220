import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { TextField } from "./TextField";

function Held({ start = "", rows, type }: { start?: string; rows?: number; type?: string }) {
  const [value, setValue] = useState(start);
  return (
    <>
      <TextField label="Secret" value={value} onChange={setValue} rows={rows} type={type} />
      <button type="button" onClick={() => setValue("")}>
        Forget
      </button>
    </>
  );
}

describe("what a field holds is not in the markup", () => {
  it.each([
    ["a password", { type: "password" }],
    ["a text", {}],
    ["several lines", { rows: 3 }],
  ])("of %s", async (_, props) => {
    const { container } = render(<Held start="m4rked" {...props} />);
    const field = screen.getByLabelText(/^Secret/);
    expect(field).toHaveValue("m4rked");
    expect(container.innerHTML).not.toContain("m4rked");
    await userEvent.type(field, "-t00");
    expect(field).toHaveValue("m4rked-t00");
    expect(container.innerHTML).not.toContain("m4rked");
    await userEvent.click(screen.getByRole("button", { name: "Forget" }));
    expect(field).toHaveValue("");
  });
});
