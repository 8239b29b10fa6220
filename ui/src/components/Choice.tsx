import type { ReactNode } from "react";
import {
  Checkbox as AriaCheckbox,
  RadioGroup as AriaRadioGroup,
  Switch as AriaSwitch,
  FieldError,
  Label,
  Radio,
  Text,
} from "react-aria-components";
import styles from "./Choice.module.css";
import fieldStyles from "./Field.module.css";
import { Icon } from "./Icon";

interface ToggleProps {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  description?: ReactNode;
  children: ReactNode;
}

export function Checkbox({
  isIndeterminate,
  description,
  children,
  ...props
}: ToggleProps & { isIndeterminate?: boolean }) {
  return (
    <AriaCheckbox {...props} isIndeterminate={isIndeterminate} className={styles.choice}>
      {({ isSelected }) => (
        <>
          <span className={styles.box} data-on={isSelected || isIndeterminate || undefined}>
            {isIndeterminate ? (
              <Icon name="minus" size={12} />
            ) : (
              isSelected && <Icon name="check" size={12} />
            )}
          </span>
          <span className={styles.words}>
            {children}
            {description && <span className={styles.description}>{description}</span>}
          </span>
        </>
      )}
    </AriaCheckbox>
  );
}

/** The box of a checkbox for a row that is selected as a whole: the row says its state to a screen reader. */
export function Tick({ isOn, isPartly = false }: { isOn: boolean; isPartly?: boolean }) {
  return (
    <span className={styles.tick} data-on={isOn || isPartly || undefined} aria-hidden="true">
      {isOn ? <Icon name="check" size={12} /> : isPartly && <Icon name="minus" size={12} />}
    </span>
  );
}

/** As [Tick], where one row is chosen among several. */
export function RadioMark({ isOn }: { isOn: boolean }) {
  return (
    <span className={styles.radio} data-selected={isOn || undefined} aria-hidden="true">
      <span className={styles.dot} />
    </span>
  );
}

export function Switch({ description, children, ...props }: ToggleProps) {
  return (
    <AriaSwitch {...props} className={styles.choice}>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.thumb} />
      </span>
      <span className={styles.words}>
        {children}
        {description && <span className={styles.description}>{description}</span>}
      </span>
    </AriaSwitch>
  );
}

export interface RadioOption<Value extends string> {
  value: Value;
  label: ReactNode;
  description?: ReactNode;
  isDisabled?: boolean;
}

export interface RadioGroupProps<Value extends string> {
  label: string;
  hideLabel?: boolean;
  options: readonly RadioOption<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  /** `cards` frames each option: for the one decision of a screen. */
  look?: "list" | "row" | "cards";
  description?: ReactNode;
  error?: string | null;
  isDisabled?: boolean;
}

export function RadioGroup<Value extends string>({
  label,
  hideLabel,
  options,
  value,
  onChange,
  look = "list",
  description,
  error,
  isDisabled,
}: RadioGroupProps<Value>) {
  return (
    <AriaRadioGroup
      className={fieldStyles.field}
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={(next) => onChange(next as Value)}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      isDisabled={isDisabled}
    >
      {!hideLabel && <Label className={fieldStyles.label}>{label}</Label>}
      <div className={styles.options} data-look={look}>
        {options.map((option) => (
          <Radio
            key={option.value}
            value={option.value}
            isDisabled={option.isDisabled}
            className={look === "cards" ? styles.card : styles.choice}
          >
            <span className={styles.dot} aria-hidden="true" />
            <span className={styles.words}>
              <span className={look === "cards" ? styles.cardTitle : undefined}>{option.label}</span>
              {option.description && <span className={styles.description}>{option.description}</span>}
            </span>
          </Radio>
        ))}
      </div>
      {description && (
        <Text slot="description" className={fieldStyles.description}>
          {description}
        </Text>
      )}
      <FieldError className={fieldStyles.error}>{error ?? undefined}</FieldError>
    </AriaRadioGroup>
  );
}
