import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Checkbox, RadioGroup } from "../../components/Choice";
import { Disclosure } from "../../components/Disclosure";
import { Select } from "../../components/Select";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TextField } from "../../components/TextField";
import {
  type Choices,
  type FullOften,
  fullChoices,
  type Often,
  type ScheduleSearch,
  timeOf,
  typedTimeHere,
  weekdays,
} from "./draft";
import styles from "./NewSchedulePage.module.css";

const oftens: readonly { value: Often; label: string }[] = [
  { value: "hourly", label: "Every hour" },
  { value: "daily", label: "Every day" },
  { value: "weekly", label: "Every week" },
  { value: "cron", label: "At times of your own" },
];

const fulls: Record<FullOften, string> = { always: "Each time", daily: "Once a day", weekly: "Once a week" };

/** What each choice comes to; what incremental backups are is said once. */
function fullOptions(offered: readonly FullOften[]) {
  const said = [
    "Each backup stands alone. Takes the most room.",
    "Between them only what changed since the backup before: quicker and smaller.",
    "The same with more between them: a restore has more to read.",
  ];
  return offered.map((value, at) => ({ value, label: fulls[value], description: said[at] }));
}

/** Every fifth minute, and the one that is in the address. */
function minutes(chosen: number) {
  const offered = new Set([...Array.from({ length: 12 }, (_, at) => at * 5), chosen]);
  return [...offered]
    .sort((a, b) => a - b)
    .map((minute) => ({
      value: minute,
      label: minute === 0 ? "on the hour" : `${minute} minutes past`,
    }));
}

/** Words for a time that is typed, or what is wrong with it. */
function TimeField({
  label,
  value,
  onChange,
  wasPressed,
}: {
  label: string;
  value: string;
  onChange: (time: string) => void;
  wasPressed: boolean;
}) {
  const isTime = timeOf(value) !== null;
  return (
    <TextField
      label={label}
      value={value}
      onChange={onChange}
      placeholder="02:00"
      mono
      error={isTime || (!wasPressed && value === "") ? null : "Write it as 02:00, from 00:00 to 23:59."}
      description={typedTimeHere(value, new Date()) ?? "The same here."}
    />
  );
}

function Weekday({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number;
  onChange: (weekday: number) => void;
}) {
  return (
    <Select
      label={label}
      options={weekdays.map((name, day) => ({ value: day, label: name }))}
      value={value}
      onChange={onChange}
    />
  );
}

export interface WhenStepProps {
  search: ScheduleSearch;
  choices: Choices;
  passphrase: string;
  isComplete: boolean;
  onChange: (change: Partial<ScheduleSearch>) => void;
  onPassphraseChange: (passphrase: string) => void;
  onBack: () => void;
  onNext: () => void;
}

export function WhenStep({
  search,
  choices,
  passphrase,
  isComplete,
  onChange,
  onPassphraseChange,
  onBack,
  onNext,
}: WhenStepProps) {
  const [wasPressed, setPressed] = useState(false);
  const { often, full } = choices;
  const offered = fullChoices(often);
  return (
    <form
      className={styles.step}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (isComplete) onNext();
      }}
    >
      <StepTitle title="How often?">The cluster goes by UTC all year, also where clocks change.</StepTitle>
      <Card>
        <div className={styles.fields}>
          <RadioGroup
            label="A backup is taken"
            look="row"
            value={often ?? null}
            onChange={(next) => onChange({ often: next })}
            options={oftens}
            error={wasPressed && often === undefined ? "Choose how often." : null}
          />
          {often === "hourly" && (
            <div className={styles.beside}>
              <Select
                label="Minute of the hour"
                options={minutes(choices.minute)}
                value={choices.minute}
                onChange={(minute) => onChange({ minute })}
              />
            </div>
          )}
          {(often === "daily" || often === "weekly") && (
            <div className={styles.beside}>
              {often === "weekly" && (
                <Weekday label="Day" value={choices.weekday} onChange={(weekday) => onChange({ weekday })} />
              )}
              <TimeField
                label="Time, in UTC"
                value={choices.time}
                onChange={(time) => onChange({ time })}
                wasPressed={wasPressed}
              />
            </div>
          )}
          {often === "cron" && (
            <TextField
              label="Cron expression"
              value={choices.cron}
              onChange={(cron) => onChange({ cron })}
              placeholder="15 2 * * 1-5"
              mono
              error={wasPressed && choices.cron.trim() === "" ? "Enter an expression." : null}
              description="Minute, hour, day of the month, month, day of the week with Sunday as 0; in UTC. The check says what it means."
            />
          )}
          {offered.length > 1 && (
            <RadioGroup
              label="A full backup"
              value={full}
              onChange={(next) => onChange({ full: next })}
              options={fullOptions(offered)}
            />
          )}
          {full !== "always" && (
            <div className={styles.beside}>
              {full === "weekly" && (
                <Weekday
                  label="Day of the full backup"
                  value={choices.fullWeekday}
                  onChange={(fullWeekday) => onChange({ fullWeekday })}
                />
              )}
              {often !== "daily" && (
                <TimeField
                  label="Time of the full backup, in UTC"
                  value={choices.fullTime}
                  onChange={(fullTime) => onChange({ fullTime })}
                  wasPressed={wasPressed}
                />
              )}
            </div>
          )}
          <RadioGroup
            label={full === "always" ? "The first backup" : "The first backup, which is a full one"}
            value={search.startsNow ? "now" : "next"}
            onChange={(first) => onChange({ startsNow: first === "now" ? true : undefined })}
            options={[
              { value: "next", label: "At the next time" },
              { value: "now", label: "As soon as the schedule is made" },
            ]}
          />
          <TextField
            label="Name of the schedule"
            value={choices.label}
            onChange={(label) => onChange({ label })}
            error={wasPressed && choices.label.trim() === "" ? "Give it a name." : null}
          />
          <Disclosure title="More choices">
            <div className={styles.fields}>
              <Checkbox
                isSelected={search.revisionHistory ?? false}
                onChange={(isOn) => onChange({ revisionHistory: isOn || undefined })}
                description="Lets you restore to any second that the backups cover. Takes more room."
              >
                Keep every version since the backup before
              </Checkbox>
              <Select
                label="When a run fails"
                options={[
                  { value: "reschedule", label: "Go on at the next time" },
                  { value: "retry", label: "Try again soon" },
                  { value: "pause", label: "Pause the schedule" },
                ]}
                value={search.onFailure ?? "reschedule"}
                onChange={(onFailure) => onChange({ onFailure })}
              />
              <Select
                label="When a full backup is due and the one before still runs"
                options={[
                  { value: "wait", label: "Wait until it is done" },
                  { value: "skip", label: "Leave this one out" },
                  { value: "start", label: "Start beside it" },
                ]}
                value={search.onPrevious ?? "wait"}
                onChange={(onPrevious) => onChange({ onPrevious })}
                description="Incremental backups always wait."
              />
              <TextField
                label="Passphrase"
                type="password"
                optional
                value={passphrase}
                onChange={onPassphraseChange}
                description="Encrypts the backups. The cluster keeps it with the schedule, and nobody can restore without it."
              />
            </div>
          </Disclosure>
        </div>
      </Card>
      <StepFoot
        back={
          <Button variant="quiet" onPress={onBack}>
            Back
          </Button>
        }
        note="Nothing starts yet."
      >
        <Button variant="primary" type="submit">
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}
