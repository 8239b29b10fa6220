import { describe, expect, it } from "vitest";
import { aConnection } from "../../../tests/app";
import type { Connection } from "../../ipc/bindings";
import { matching, moved } from "./search";

const list: Connection[] = [
  aConnection("a", { name: "acme", group: "Payments" }),
  aConnection("b", { name: "blue", note: "asks Ada first" }),
  aConnection("c", { name: "coal", group: "Payments", environment: "production" }),
  aConnection("d", { name: "dune", favourite: true }),
  aConnection("e", { name: "echo" }),
];

describe("a connection that is moved", () => {
  it("passes its neighbour on the screen, whatever stands between them in the list", () => {
    expect(moved(list, "c", -1)).toEqual(["c", "a", "b", "d", "e"]);
    expect(moved(list, "a", 1)).toEqual(["b", "c", "a", "d", "e"]);
    expect(moved(list, "e", -1)).toEqual(["a", "e", "b", "c", "d"]);
  });

  it("stays at the end of its group, and a favourite among favourites", () => {
    expect(moved(list, "a", -1)).toBeNull();
    expect(moved(list, "e", 1)).toBeNull();
    expect(moved(list, "d", -1)).toBeNull();
    expect(moved(list, "d", 1)).toBeNull();
  });
});

describe("a search", () => {
  it("finds every word anywhere, and shows favourites first", () => {
    const found = (words: string) => matching(list, words).map(({ id }) => id);
    expect(found("")).toEqual(["d", "a", "b", "c", "e"]);
    expect(found("payments PROD")).toEqual(["c"]);
    expect(found("first asks")).toEqual(["b"]);
    expect(found("nothing of this")).toEqual([]);
  });
});
