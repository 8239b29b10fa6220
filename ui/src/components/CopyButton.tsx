import { useEffect, useState } from "react";
import styles from "./CopyButton.module.css";
import { Icon } from "./Icon";

/** Copies text and says so in place, for two seconds and to screen readers. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState("copied"),
      () => setState("refused"),
    );
  return (
    <button type="button" className={styles.copy} onClick={copy}>
      <Icon name={state === "copied" ? "check" : "copy"} size={13} />
      <span aria-live="polite">
        {state === "copied" ? "Copied" : state === "refused" ? "The clipboard refused" : label}
      </span>
    </button>
  );
}
