import { useState } from "react";
import { Checkbox } from "../../components/Choice";
import { TextField } from "../../components/TextField";
import { localMoment, utcMoment } from "../../lib/time";
import { parseTime, typedTime } from "../../lib/typedTime";

/** What the field begins with: an accident is mostly noticed within the hour. */
const firstMs = 60 * 60_000;

export interface EarlierMomentProps {
  /** An instant as the wire has it; empty where a moment is asked for and none is understood; absent for the present. */
  asOf: string | undefined;
  onChange: (asOf: string | undefined) => void;
}

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
        <TextField
          label="Moment"
          mono
          value={text}
          onChange={(typed) => {
            setText(typed);
            onChange(read(typed));
          }}
          description={at && [...new Set([localMoment(at, true), utcMoment(at, true)])].join(", that is ")}
          error={
            at === null
              ? "This is not understood. Write it as 2026-11-23 10:37, yesterday 10:37 or 2 hours ago."
              : null
          }
        />
      )}
    </>
  );
}
