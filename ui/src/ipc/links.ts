/** Pages of CockroachDB's own documentation, in the person's browser. The shell opens no other address. */
import { invoke } from "@tauri-apps/api/core";

export async function openPage(url: string): Promise<void> {
  await invoke("plugin:opener|open_url", { url });
}
