import { useState } from "react";
import { Button } from "../../components/Button";
import { Checkbox } from "../../components/Choice";
import { TextField } from "../../components/TextField";
import { localMoment, utcMoment } from "../../lib/time";
import { parseTime, typedTime } from "../../lib/typedTime";
import styles from "./EarlierMoment.module.css";

/** What the field begins with: an accident is mostly noticed within the hour. */
const firstMs = 60 * 60_000;

export interface EarlierMomentProps {
  /** An instant as the wire has it; empty where a moment is asked for and none is understood; absent for the present. */
  asOf: string | undefined;
  onChange: (asOf: string | undefined) => void;
}

const minute = 60_000;
const steps = [
  { label: "15 minutes ago", ms: 15 * minute },
  { label: "1 hour ago", ms: 60 * minute },
  { label: "3 hours ago", ms: 180 * minute },
];

/** Whether to back up the present, or what was there before something went wrong. */
export function EarlierMoment({ asOf, onChange }: EarlierMomentProps) {
  // A moment that was not understood is not in the address: after a reload there is nothing to show of it.
  const [text, setText] = useState(() =>
    asOf === "" ? "" : typedTime(asOf ? new Date(asOf) : new Date(Date.now() - firstMs)),
  );
  const read = (typed: string) => {
    const at = new Date(parseTime(typed, new Date()) ?? Number.NaN);
    return Number.isNaN(at.getTime()) ? "" : at.toISOString();
  };
  const take = (typed: string) => {
    setText(typed);
    onChange(read(typed));
  };
  const at = asOf ? new Date(asOf) : null;
  return (
    <>
      <Checkbox
        isSelected={asOf !== undefined}
        onChange={(isOn) => onChange(isOn ? read(text) : undefined)}
        description="Holds what was changed, deleted or dropped since. A cluster keeps that for some hours; the check tells whether it still does."
      >
        As it was at an earlier moment
      </Checkbox>
      {asOf !== undefined && (
        <div className={styles.moment}>
          <TextField
            label="Moment before the accident"
            mono
            value={text}
            onChange={take}
            description={
              at &&
              `${[...new Set([localMoment(at, true), utcMoment(at, true)])].join(", that is ")}. The check compares the rows of then and now.`
            }
            error={
              at === null
                ? "This is not understood. Write it as 2026-11-23 10:37, yesterday 10:37 or 2 hours ago."
                : null
            }
          />
          <div className={styles.steps}>
            {steps.map(({ label, ms }) => (
              <Button key={label} size="small" onPress={() => take(typedTime(new Date(Date.now() - ms)))}>
                {label}
              </Button>
            ))}
          </div>
        </div>
      )}
    </>
  );
}
