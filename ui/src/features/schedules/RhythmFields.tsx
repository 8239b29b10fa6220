import { RadioGroup } from "../../components/Choice";
import { Select } from "../../components/Select";
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

const fulls: Record<FullOften, string> = {
  always: "Each time",
  daily: "Once a day",
  weekly: "Once a week",
  cron: "As it is now",
};

/** What each choice comes to; what incremental backups are is said once. */
function fullOptions(offered: readonly FullOften[], fullNow: string | undefined) {
  const said = [
    "Each backup stands alone. Takes the most room.",
    "Between them only what changed since the backup before: quicker and smaller.",
    "The same with more between them: a restore has more to read.",
  ];
  return offered.map((value, at) => ({
    value,
    label: fulls[value],
    description: value === "cron" ? fullNow : said[at],
  }));
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

export interface RhythmFieldsProps {
  choices: Choices;
  /** What is missing is said from then on. */
  wasPressed: boolean;
  onChange: (change: Partial<ScheduleSearch>) => void;
  /** When full backups come now, where that is none of the times that are offered. */
  fullNow?: string;
}

/** How often a backup is taken, and how often a full one. */
export function RhythmFields({ choices, wasPressed, onChange, fullNow }: RhythmFieldsProps) {
  const { often, full } = choices;
  const offered = fullChoices(often, choices.fullCron);
  return (
    <>
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
          options={fullOptions(offered, fullNow)}
        />
      )}
      {(full === "daily" || full === "weekly") && (
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
    </>
  );
}
