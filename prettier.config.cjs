module.exports = {
  plugins: ["@prettier/plugin-xml"],
  printWidth: 88,
  bracketSpacing: true,
  xmlWhitespaceSensitivity: "preserve",
  xmlSelfClosingSpace: true,
};
