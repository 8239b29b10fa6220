import type { ReactNode } from "react";
import {
  Button as AriaButton,
  Select as AriaSelect,
  FieldError,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
  Text,
} from "react-aria-components";
import fieldStyles from "./Field.module.css";
import { Icon } from "./Icon";
import menuStyles from "./Menu.module.css";

export interface SelectOption<Value extends Key> {
  value: Value;
  label: string;
  description?: string;
  isDisabled?: boolean;
}

export interface SelectProps<Value extends Key> {
  label: string;
  /** Leaves the label to screen readers, where the place already says what is chosen. */
  hideLabel?: boolean;
  options: readonly SelectOption<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  placeholder?: string;
  description?: ReactNode;
  error?: string | null;
  isDisabled?: boolean;
}

export function Select<Value extends Key>({
  label,
  hideLabel,
  options,
  value,
  onChange,
  placeholder = "Choose…",
  description,
  error,
  isDisabled,
}: SelectProps<Value>) {
  return (
    <AriaSelect
      className={fieldStyles.field}
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={(key) => key !== null && onChange(key as Value)}
      placeholder={placeholder}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      isDisabled={isDisabled}
    >
      {!hideLabel && <Label className={fieldStyles.label}>{label}</Label>}
      <div className={fieldStyles.control}>
        <AriaButton className={fieldStyles.select}>
          <SelectValue className={fieldStyles.selectValue} />
          <Icon name="chevronDown" size={14} />
        </AriaButton>
      </div>
      {description && (
        <Text slot="description" className={fieldStyles.description}>
          {description}
        </Text>
      )}
      <FieldError className={fieldStyles.error}>{error ?? undefined}</FieldError>
      <Popover className={menuStyles.popover} offset={4}>
        <ListBox className={menuStyles.menu} items={options}>
          {(option) => (
            <ListBoxItem
              id={option.value}
              textValue={option.label}
              isDisabled={option.isDisabled}
              className={menuStyles.item}
            >
              {({ isSelected }) => (
                <>
                  <span className={menuStyles.tick}>{isSelected && <Icon name="check" size={14} />}</span>
                  <span className={menuStyles.words}>
                    <Text slot="label">{option.label}</Text>
                    {option.description && (
                      <Text slot="description" className={menuStyles.description}>
                        {option.description}
                      </Text>
                    )}
                  </span>
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
