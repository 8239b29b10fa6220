import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { expectAccessible } from "../../tests/axe";
import type { Selection } from "./selection";
import { VirtualGrid, type VirtualGridProps } from "./VirtualGrid";

interface File {
  name: string;
  size: number;
}

const files = (howMany: number): File[] =>
  Array.from({ length: howMany }, (_, at) => ({ name: `file-${at}`, size: at }));

function Grid({ howMany = 5, ...props }: { howMany?: number } & Partial<VirtualGridProps<File>>) {
  const [selection, setSelection] = useState<Selection>(new Set());
  return (
    <VirtualGrid
      label="Files"
      rows={files(howMany)}
      rowKey={(file) => file.name}
      selection={selection}
      onSelectionChange={setSelection}
      columns={[
        { id: "name", header: "Name", width: "1fr", isSortable: true, cell: (file) => file.name },
        { id: "size", header: "Size", width: "100px", align: "end", cell: (file) => file.size },
      ]}
      {...props}
    />
  );
}

const selected = () =>
  screen
    .getAllByRole("row", { selected: true })
    .map((row) => within(row).getAllByRole("gridcell")[0]?.textContent);

describe("the grid for long lists", () => {
  it("draws only what is in view of 100,000 rows, and tells their number", async () => {
    render(<Grid howMany={100_000} />);
    expect(screen.getByRole("grid", { name: "Files" })).toHaveAttribute("aria-rowcount", "100001");
    expect(screen.getByText("file-0")).toBeVisible();
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    await expectAccessible();
  });

  it("is walked, selected and opened by keyboard alone", async () => {
    const user = userEvent.setup();
    const onOpen = vi.fn();
    render(<Grid onOpen={onOpen} />);
    await user.tab();
    expect(screen.getByRole("grid")).toHaveFocus();
    await user.keyboard("{ArrowDown}[Space]");
    expect(selected()).toEqual(["file-1"]);
    await user.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    expect(selected()).toEqual(["file-1", "file-2", "file-3"]);
    await user.keyboard("{Control>}a{/Control}");
    expect(selected()).toHaveLength(5);
    await user.keyboard("{Escape}{End}{Enter}");
    expect(screen.queryAllByRole("row", { selected: true })).toEqual([]);
    expect(onOpen).toHaveBeenCalledExactlyOnceWith({ name: "file-4", size: 4 });
  });

  it("selects by mouse as file managers do", async () => {
    const user = userEvent.setup();
    render(<Grid />);
    await user.click(screen.getByText("file-1"));
    await user.keyboard("{Shift>}");
    await user.click(screen.getByText("file-3"));
    await user.keyboard("{/Shift}{Control>}");
    await user.click(screen.getByText("file-2"));
    await user.keyboard("{/Control}");
    expect(selected()).toEqual(["file-1", "file-3"]);
  });

  it("asks for another order by its column heads", async () => {
    const user = userEvent.setup();
    const onSortChange = vi.fn();
    render(<Grid sort={{ column: "name", direction: "ascending" }} onSortChange={onSortChange} />);
    expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
    await user.click(screen.getByRole("button", { name: "Name" }));
    expect(onSortChange).toHaveBeenCalledWith({ column: "name", direction: "descending" });
  });

  it("tells which rows are in view, so that missing ones can be fetched", () => {
    const onRangeChange = vi.fn();
    render(<Grid onRangeChange={onRangeChange} />);
    expect(onRangeChange).toHaveBeenCalledWith(0, expect.any(Number));
  });

  it("fetches what a selection reaches before it selects", async () => {
    const user = userEvent.setup();
    const onSelectionChange = vi.fn();
    const rows = [{ name: "a" }, undefined, { name: "c" }];
    const loadRows = vi.fn(async () => [{ name: "a" }, { name: "b" }, { name: "c" }]);
    render(
      <VirtualGrid
        label="Files"
        columns={[{ id: "name", header: "Name", width: "1fr", cell: (row: { name: string }) => row.name }]}
        rows={rows}
        rowKey={(row) => row.name}
        selection={new Set()}
        onSelectionChange={onSelectionChange}
        loadRows={loadRows}
      />,
    );
    await user.tab();
    await user.keyboard("{Control>}a{/Control}");
    await vi.waitFor(() => expect(onSelectionChange).toHaveBeenCalledWith(new Set(["a", "b", "c"])));
    expect(loadRows).toHaveBeenCalledWith(0, 2);
  });

  it("hands typed letters on, for filtering", async () => {
    const user = userEvent.setup();
    const onType = vi.fn();
    render(<Grid onType={onType} />);
    await user.tab();
    await user.keyboard("x");
    expect(onType).toHaveBeenCalledExactlyOnceWith("x");
  });

  it("takes more keys from whoever has the rows, and selects the active row for them", async () => {
    const user = userEvent.setup();
    const keys = { F2: vi.fn(), Backspace: vi.fn(), "Alt+ArrowUp": vi.fn(), "Control+y": vi.fn() };
    render(<Grid keys={keys} />);
    await user.tab();
    await user.keyboard("{ArrowDown}{F2}");
    expect(keys.F2).toHaveBeenCalledExactlyOnceWith({ name: "file-1", size: 1 });
    expect(selected()).toEqual(["file-1"]);
    await user.keyboard("{ArrowDown}{F2}");
    expect(selected()).toEqual(["file-1"]);
    await user.keyboard("{Backspace}{Alt>}{ArrowUp}{/Alt}{Control>}y{/Control}");
    for (const key of ["Backspace", "Alt+ArrowUp", "Control+y"] as const)
      expect(keys[key]).toHaveBeenCalledExactlyOnceWith({ name: "file-2", size: 2 });
  });

  it("asks for a menu at the pointer, on a row that it selects where it was not", async () => {
    const user = userEvent.setup();
    const onMenu = vi.fn();
    render(<Grid onMenu={onMenu} />);
    await user.click(screen.getByText("file-1"));
    await user.keyboard("{Control>}");
    await user.click(screen.getByText("file-2"));
    await user.keyboard("{/Control}");
    await user.pointer({
      keys: "[MouseRight]",
      target: screen.getByText("file-1"),
      coords: { x: 40, y: 60 },
    });
    expect(onMenu).toHaveBeenLastCalledWith({ x: 40, y: 60 });
    expect(selected()).toEqual(["file-1", "file-2"]);
    await user.pointer({ keys: "[MouseRight]", target: screen.getByText("file-4") });
    expect(selected()).toEqual(["file-4"]);
    expect(screen.getByRole("grid")).toHaveFocus();
  });

  it("asks for a menu by the keyboard as well", async () => {
    const user = userEvent.setup();
    const onMenu = vi.fn();
    render(<Grid onMenu={onMenu} />);
    await user.tab();
    await user.keyboard("{ArrowDown}{Shift>}{F10}{/Shift}");
    expect(selected()).toEqual(["file-1"]);
    await user.keyboard("{ArrowDown}{ContextMenu}");
    expect(selected()).toEqual(["file-2"]);
    expect(onMenu).toHaveBeenCalledTimes(2);
  });

  it("draws no row anew when another becomes the active one", async () => {
    const user = userEvent.setup();
    const cell = vi.fn((file: File) => file.name);
    const columns = [{ id: "name", header: "Name", width: "1fr", cell }];
    const rows = files(20);
    render(<Grid rows={rows} columns={columns} />);
    await user.tab();
    cell.mockClear();
    await user.keyboard("{ArrowDown}");
    expect(new Set(cell.mock.calls.map(([file]) => file.name))).toEqual(new Set(["file-0", "file-1"]));
  });

  it("says what would be here when it is empty", () => {
    render(<Grid howMany={0} empty="No files yet" />);
    expect(screen.getByText("No files yet")).toBeVisible();
  });
});
