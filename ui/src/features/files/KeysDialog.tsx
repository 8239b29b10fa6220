import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { KeyValueList } from "../../components/KeyValueList";
import styles from "./KeysDialog.module.css";

/** "Ctrl+A" → a cap for each key. */
function Keys({ of }: { of: string }) {
  return of.split(" or ").map((combination, at) => (
    <span key={combination}>
      {at > 0 && <span className={styles.or}> or </span>}
      {combination.split("+").map((key) => (
        <kbd key={key} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  ));
}

const keys: readonly [what: string, keys: string][] = [
  ["Open", "Enter"],
  ["Details of a file", "Alt+Enter"],
  ["Preview of a file", "Ctrl+Y"],
  ["The folder above", "Backspace or Alt+↑"],
  ["Select more, row by row", "Shift+↑ or Shift+↓"],
  ["Select a row or let it go", "Space"],
  ["Select all", "Ctrl+A"],
  ["Let the selection go", "Esc"],
  ["Rename, or move several", "F2"],
  ["Delete", "Delete"],
  ["Upload what was copied", "Ctrl+V"],
  ["Menu of the selection", "Shift+F10 or Menu"],
];

/** What the keyboard does while the list of files has it. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title="Keyboard"
      isOpen
      onClose={onClose}
      footer={
        <Button onPress={onClose} autoFocus>
          Close
        </Button>
      }
    >
      <KeyValueList entries={keys.map(([what, of]) => [what, <Keys key={what} of={of} />])} />
      <p>Any letter or digit begins to filter by name.</p>
    </Dialog>
  );
}
