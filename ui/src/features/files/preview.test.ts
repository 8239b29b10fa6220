import { describe, expect, it } from "vitest";
import { lookAt } from "./preview";

const text = (of: string, truncated = false) => ({ kind: "text" as const, text: of, truncated });

describe("the beginning of a file", () => {
  it("is laid out where it is whole JSON, and left as it is where it is not", () => {
    expect(lookAt("a.json", text('{"a":[1,2]}'))).toEqual({
      kind: "text",
      text: '{\n  "a": [\n    1,\n    2\n  ]\n}',
      isWhole: true,
    });
    expect(lookAt("a.json", text('{"a":[1,2', true))).toMatchObject({ text: '{"a":[1,2', isWhole: false });
    expect(lookAt("a.json", text('{"a": broken}'))).toMatchObject({ text: '{"a": broken}' });
    expect(lookAt("a.txt", text("42"))).toMatchObject({ text: "42" });
  });

  it("is a table where it is CSV or TSV, with quotes understood", () => {
    expect(lookAt("a.csv", text('id,name\r\n1,"Ada, ""the"" first"\r\n2,Bob\r\n'))).toEqual({
      kind: "table",
      head: ["id", "name"],
      rows: [
        ["1", 'Ada, "the" first'],
        ["2", "Bob"],
      ],
      isWhole: true,
    });
    expect(lookAt("a.tsv", text("id\tname\n1\tAda"))).toMatchObject({ kind: "table", head: ["id", "name"] });
  });

  it("of a table leaves out the line that was cut off, and all after a hundred", () => {
    expect(lookAt("a.csv", text("id,name\n1,Ada\n2,B", true))).toMatchObject({
      rows: [["1", "Ada"]],
      isWhole: false,
    });
    const long = Array.from({ length: 300 }, (_, at) => `${at},x`).join("\n");
    const look = lookAt("a.csv", text(`id,name\n${long}`));
    expect(look.kind === "table" && look.rows.length).toBe(100);
    expect(look).toMatchObject({ isWhole: false });
  });

  it("stays text where a table would have one column", () => {
    expect(lookAt("a.csv", text("only words\nand more"))).toMatchObject({ kind: "text" });
  });

  it("of which there is no byte is nothing", () => {
    expect(lookAt("a.txt", text(""))).toEqual({ kind: "nothing" });
    expect(lookAt("a.bin", { kind: "binary", hex: "" })).toEqual({ kind: "nothing" });
    expect(lookAt("a.bin", { kind: "binary", hex: "00ff" })).toEqual({ kind: "hex", text: "00 ff" });
  });
});
