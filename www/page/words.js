// The page's own words. Elements bring theirs.

export const words = {
  en: {
    title: 'Hearth: generative models in your browser',
    tagline: 'Generative models that run on this page, on your own GPU.',
    language: 'Language',
    ganTitle: 'Digits from noise: a GAN',
    ganIntro:
      'A generator learned to turn random numbers into handwriting by trying to fool a discriminator, which learned to tell its digits from those that people wrote. Write a number, or pick two digits and walk from one to the other.',
    share: 'Copy a link to this picture',
    copied: 'Copied: it draws these very digits.',
    notCopied: 'The link is in the address bar.',
    embedTitle: 'Put it on your page',
    embedIntro: 'One script tag and one element. It loads when a reader scrolls to it.',
    privacy: 'Everything is computed here. No server sees what you make.',
  },
  zh: {
    title: 'Hearth：浏览器里的生成模型',
    tagline: '生成模型就在这个网页上、在你自己的 GPU 上运行。',
    language: '语言',
    ganTitle: '从噪声到数字：GAN',
    ganIntro:
      '生成器学着把随机数变成手写数字，努力骗过判别器；判别器则学着分辨哪些数字是人写的。写一个数，或者选两个数字，从一个走到另一个。',
    share: '复制这幅图的链接',
    copied: '已复制：打开它会画出同样的数字。',
    notCopied: '链接在地址栏里。',
    embedTitle: '放到你的网页上',
    embedIntro: '一个 script 标签加一个元素。读者滚动到那里时才会加载。',
    privacy: '一切都在本机计算，没有服务器看到你的作品。',
  },
};
