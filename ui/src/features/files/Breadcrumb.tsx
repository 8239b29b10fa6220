import { Icon } from "../../components/Icon";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { visible } from "../../lib/names";
import styles from "./Breadcrumb.module.css";
import { crumbsOf } from "./paths";

/** The way from the top to this folder. Of a long way the middle is left out. */
export function Breadcrumb({ folder, onOpen }: { folder: string; onOpen: (folder: string) => void }) {
  const crumbs = crumbsOf(folder);
  const shown = crumbs.length <= 4 ? crumbs : [...crumbs.slice(0, 1), ...crumbs.slice(-3)];
  return (
    <nav aria-label="Folder" className={styles.crumbs}>
      <ol className={styles.list}>
        {shown.map((crumb, at) => {
          const isLast = at === shown.length - 1;
          return (
            <li key={crumb.folder} className={styles.crumb}>
              {at > 0 && (
                <span className={styles.between} aria-hidden="true">
                  {at === 1 && shown.length < crumbs.length && <span>…</span>}
                  <Icon name="chevronRight" size={12} />
                </span>
              )}
              <button
                type="button"
                className={styles.open}
                aria-label={visible(crumb.name)}
                aria-current={isLast ? "location" : undefined}
                onClick={() => onOpen(crumb.folder)}
              >
                <MiddleEllipsis text={crumb.name} keepEnd={8} />
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
