import { useEffect, useState, useSyncExternalStore } from "react";
import { visible } from "../lib/names";
import { Mark } from "./Badge";
import { IconButton } from "./Button";
import styles from "./Toast.module.css";
import type { Tone } from "./tone";

interface Toast {
  id: number;
  text: string;
  tone: Tone;
  action?: { label: string; onPress: () => void };
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

/**
 * Says something in passing: what was done, away from where the eye is. Never the only place of an error that
 * must be acted upon: that stays where it happened.
 */
export function announce(text: string, options: { tone?: Tone; action?: Toast["action"] } = {}) {
  change([
    ...toasts.slice(-3),
    { id: nextId++, text, tone: options.tone ?? "neutral", action: options.action },
  ]);
}

function ToastCard({ toast }: { toast: Toast }) {
  const [isHeld, setHeld] = useState(false);
  const dismiss = () => change(toasts.filter((other) => other.id !== toast.id));
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => change(toasts.filter((other) => other.id !== toast.id)), 7000);
    return () => clearTimeout(timer);
  }, [isHeld, toast.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the message while it is looked at
    <div
      className={styles.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {toast.tone !== "neutral" && <Mark tone={toast.tone} />}
      <span className={styles.text}>{visible(toast.text)}</span>
      {toast.action && (
        <button
          type="button"
          className={styles.action}
          onClick={() => {
            toast.action?.onPress();
            dismiss();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <IconButton icon="close" label="Dismiss" size="small" onPress={dismiss} />
    </div>
  );
}

/** Rendered once, between the page and what stands at the window's foot: it covers neither. */
export function ToastRegion() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className={styles.place}>
      <div className={styles.region} role="status" aria-live="polite" aria-label="Messages">
        {shown.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </div>
    </div>
  );
}
