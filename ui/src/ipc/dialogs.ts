/** The system's own dialogs for files. Each answers null, or an empty list, when it was dismissed. */
import { open, save } from "@tauri-apps/plugin-dialog";

export interface FileKind {
  name: string;
  extensions: string[];
}

export async function pickFile(title: string, kinds?: FileKind[]): Promise<string | null> {
  return open({ title, filters: kinds, multiple: false, directory: false });
}

export async function pickFiles(title: string): Promise<string[]> {
  return (await open({ title, multiple: true, directory: false })) ?? [];
}

export async function pickFolder(title: string): Promise<string | null> {
  return open({ title, multiple: false, directory: true });
}

/** Where to save, with a name proposed. The system asks before an existing file is chosen. */
export async function pickSaveTarget(
  title: string,
  name: string,
  kinds?: FileKind[],
): Promise<string | null> {
  return save({ title, defaultPath: name, filters: kinds });
}
