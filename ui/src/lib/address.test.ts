import { expect, it } from "vitest";
import { addressOf } from "./address";

it.each([
  ["blue-dog.example", 26257, "blue-dog.example"],
  ["blue-dog.example", 26258, "blue-dog.example:26258"],
  ["::1", 26257, "::1"],
  ["::1", 26258, "[::1]:26258"],
])("tells %s at port %i as %s", (host, port, told) => {
  expect(addressOf({ host, port })).toBe(told);
});
