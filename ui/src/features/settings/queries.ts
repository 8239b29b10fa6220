import { queryOptions } from "@tanstack/react-query";
import { commands, commands as wire } from "../../ipc/bindings";

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: commands.getAbout,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Not asked by itself: a locked keyring would open its prompt in front of whoever only visits the settings. */
export const keyringQuery = queryOptions({
  queryKey: ["keyring"],
  queryFn: wire.getKeyringState,
  staleTime: Number.POSITIVE_INFINITY,
  enabled: false,
});
