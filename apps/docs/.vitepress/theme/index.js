import DefaultTheme from 'vitepress/theme';
import { rankSearch } from '../../src/search-ranking.ts';
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet
import './colors.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ siteData }) {
    // Functions of the configuration are compiled in the browser, which the content security policy forbids.
    const { base, themeConfig } = siteData.value;
    const { search } = themeConfig;
    const options = { ...search.options, miniSearch: { searchOptions: rankSearch(base) } };
    siteData.value = { ...siteData.value, themeConfig: { ...themeConfig, search: { ...search, options } } };
  },
};
