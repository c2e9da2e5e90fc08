import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const CLASS_ATTRIBUTES = [/\bclass="([^"]*)"/g, /\bclass_?=["']([^"']*)["']/g, /classList\.\w+\(["']([^"']*)["']/g];
const ELEMENTS = ["html", "body", "a", "abbr", "article", "aside", "b", "button", "code", "dd", "details", "dialog", "div",
  "dl", "dt", "em", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "header", "hr", "img", "input", "kbd",
  "label", "legend", "li", "main", "meter", "nav", "ol", "optgroup", "option", "p", "pre", "progress", "section", "select",
  "small", "span", "strong", "summary", "svg", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tr", "ul"];

// The steps of list_fit.py: a column that needs N px is hidden while its list is narrower.
const FIT_STEP_PX = 40;
const FIT_WIDEST_PX = 1800;

/** Words inside class attributes only: a word in a sentence must not keep a rule. */
function findClasses(source) {
  const found = CLASS_ATTRIBUTES.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]));
  return found.flatMap((value) => value.match(/[\w-]+/g) ?? []);
}

function buildFitRules() {
  const rules = [];
  for (let width = FIT_STEP_PX; width <= FIT_WIDEST_PX; width += FIT_STEP_PX) {
    rules.push(`@container list (width < ${width}px){.fit-${width}{display:none}}`);
  }
  return rules.join("\n");
}

async function buildOwnStyles(frontend) {
  const result = await esbuild.build({
    entryPoints: [join(frontend, "src/css/board.css")],
    bundle: true,
    write: false,
  });
  return `${result.outputFiles[0].text}\n${buildFitRules()}`;
}

async function reduceTabler(frontend, sources, ownStyles) {
  const tabler = await readFile(join(frontend, "node_modules/@tabler/core/dist/css/tabler.css"), "utf8");
  const ownVariables = ownStyles.match(/--tblr-[\w-]+/g) ?? [];
  const [result] = await new PurgeCSS().purge({
    css: [{ raw: tabler }],
    content: [{ raw: sources.join("\n"), extension: "html" }],
    extractors: [{ extensions: ["html"], extractor: findClasses }],
    safelist: { standard: [...ELEMENTS, /^data-bs-theme/, /^htmx-/], variables: [...new Set(ownVariables)] },
    variables: true,
    keyframes: true,
    fontFace: true,
  });
  return result.css;
}

/** Tabler without what no template uses, then the board's own rules. */
export async function buildStyles(frontend, sources) {
  const ownStyles = await buildOwnStyles(frontend);
  const tabler = await reduceTabler(frontend, sources, ownStyles);
  const { code } = await esbuild.transform(`${tabler}\n${ownStyles}`, {
    loader: "css",
    minify: true,
    legalComments: "none",
    target: ["chrome123", "firefox121", "safari17.5"],
  });
  return code.replace(/^@charset[^;]*;/, "");
}
