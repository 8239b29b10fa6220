import { queryOptions } from "@tanstack/react-query";
import { commands } from "../../ipc/bindings";

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: commands.getAbout,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Not asked by itself: a locked keyring would open its prompt in front of whoever only visits the settings. */
export const keyringQuery = queryOptions({
  queryKey: ["keyring"],
  queryFn: commands.getKeyringState,
  staleTime: Number.POSITIVE_INFINITY,
  enabled: false,
});

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: commands.getSettings,
  staleTime: Number.POSITIVE_INFINITY,
});
