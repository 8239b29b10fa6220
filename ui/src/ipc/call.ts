/** The one place that speaks to the back end. The generated `commands` are built on it. */
import { Channel, invoke } from "@tauri-apps/api/core";
import { asCallError } from "./errors";

export { Channel };

export async function call<Answer>(command: string, args?: Record<string, unknown>): Promise<Answer> {
  try {
    return await invoke<Answer>(command, args);
  } catch (thrown) {
    throw asCallError(thrown);
  }
}
