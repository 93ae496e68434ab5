// The page's own words. Elements bring theirs.

export const words = {
  en: {
    title: 'Hearth: generative models in your browser',
    tagline: 'Generative models that run on this page, on your own GPU.',
    language: 'Language',
    storyTitle: 'Begin a story. Watch it being told and drawn.',
    storyIntro:
      'Two small models write and paint on this page, on your own machine. Nothing you make leaves it.',
    shareStory: 'Copy a link',
    copiedStory: 'Copied. The link tells exactly this story.',
    copiedOriginal: 'Copied. The link tells the story as it was before your changes.',
    ganTitle: 'Digits from noise: a GAN',
    ganIntro:
      'A generator learned to turn random numbers into handwritten digits by trying to fool a discriminator, which learned to distinguish them from digits that people wrote. Write a number, or pick two digits and walk from one to the other.',
    share: 'Copy a link to this picture',
    copied: 'Copied. The link draws exactly these digits.',
    notCopied: 'The link is in the address bar.',
    trainingTitle: 'How it learned: train a GAN yourself',
    trainingIntro:
      'The digits above come from two networks that were trained before. Here two new ones begin with nothing: one learns to draw, the other to find fault. Press Train, and within minutes noise turns into digits. Change the rules while they learn, or draw shapes of your own for them to learn from.',
    mapTitle: 'A map of all digits: a VAE',
    mapIntro:
      'A variational autoencoder squeezes every digit into two numbers, and draws it again from them. Two numbers are a place on a plane, so all digits lie on one map, and each turns smoothly into its neighbours. A GAN has no such map: it can draw, but it cannot say where a digit that you wrote belongs. Move over the map, or draw a digit and see where it lands.',
    paintTitle: 'Pictures from words: text to image',
    paintIntro:
      'Say what you would like to see, and a small picture book draws it in seconds: a text encoder turns your words into numbers, a U-Net removes noise step by step while it listens to them, and a decoder paints what is left. The model is 58 MB. It is downloaded when you draw the first picture, and then kept by the browser.',
    imageTitle: 'Pictures from noise: diffusion',
    imageIntro:
      'A neural network learned to find the noise in a picture. Given nothing but noise, it removes a little, looks again, and repeats, until a digit appears that nobody wrote. Watch it step by step, let four schedulers race, or draw something yourself: add noise, mark a part to repaint, and let the model do the rest.',
    copiedImage: 'Copied. The link draws the last picture made from noise.',
    textTitle: 'Stories from words: GPT-2',
    textIntro:
      'A language model reads the text so far and gives every token (a word or part of one) a probability of coming next. One is picked and added to the text, and the model goes on from there. Write a beginning and watch it continue, then look inside: what else could have come next, and what the model paid attention to.',
    shareText: 'Copy a link to this text',
    copiedText: 'Copied. The link writes exactly this text.',
    copiedBeginning: 'Copied. The link writes the text as it was before your changes.',
    warnings: 'What was passed over in this model',
    modelTitle: 'Another model',
    modelUrl: 'URL of the model’s folder',
    modelDtype: 'Weight format',
    modelLoad: 'Load model',
    modelHint:
      'Any GPT-2 on the Hugging Face Hub works as it is, for example OpenAI’s own (548 MB). It is downloaded once and then kept by the browser. Leave the URL empty to return to the model that ships with this page.',
    embedTitle: 'Put it on your page',
    embedIntro: 'One script tag and one element, which loads when a reader scrolls to it.',
    privacy: 'Everything is computed on your device. No server sees what you make.',
  },
  zh: {
    title: 'Hearth：浏览器里的生成模型',
    tagline: '生成模型就在这个网页上运行，用的是你自己的 GPU。',
    language: '语言',
    storyTitle: '开个头，看故事讲出来、画出来',
    storyIntro: '两个小模型就在这个网页上写作、绘画，用的是你自己的设备。你的作品不会离开它。',
    shareStory: '复制链接',
    copiedStory: '已复制：打开链接会讲出完全相同的故事。',
    copiedOriginal: '已复制：打开链接会讲出你改动之前的故事。',
    ganTitle: '从噪声到数字：GAN',
    ganIntro:
      '生成器学着把随机数变成手写数字，努力骗过判别器；判别器则学着分辨哪些数字是人写的。写一个数，或者选两个数字，从一个走到另一个。',
    share: '复制这幅图的链接',
    copied: '已复制：打开链接会画出完全相同的数字。',
    notCopied: '链接在地址栏里。',
    trainingTitle: '它是怎么学会的：亲手训练一个 GAN',
    trainingIntro:
      '上面的数字来自两个事先训练好的网络。这里的两个新网络从零开始：一个学着画，另一个学着挑毛病。按下“开始训练”，几分钟之内就能看到噪声变成数字。训练过程中可以随时更改规则，也可以自己画几个图形让它们学。',
    mapTitle: '所有数字的地图：VAE',
    mapIntro:
      '变分自编码器把每个数字压缩成两个数，再由这两个数把它画出来。两个数就是平面上的一个点，所以全部数字都在同一张地图上，相邻的数字平滑地互相过渡。GAN 没有这样的地图：它会画，却说不出你写的数字属于哪里。在地图上移动，或者画一个数字，看看它落在何处。',
    paintTitle: '从文字到图片：文生图',
    paintIntro:
      '说出你想看到什么，一本小小的图画书几秒钟就能画出来：文本编码器把你的话变成数字，U-Net 一边听着这些数字一边一步步去掉噪声，解码器再把剩下的画成图。模型有 58 MB，画第一幅图时才会下载，之后由浏览器保存。',
    imageTitle: '从噪声到图片：扩散模型',
    imageIntro:
      '神经网络学会了找出图片里的噪声。给它纯噪声，它去掉一点，再看一遍，如此反复，直到出现一个没有人写过的数字。看它一步一步地画，让四种调度器比一比，或者自己画点什么：加上噪声，标出要重画的部分，剩下的交给模型。',
    copiedImage: '已复制：打开链接会画出最近一幅由噪声生成的图。',
    textTitle: '从词语到故事：GPT-2',
    textIntro:
      '语言模型读完已有的文字，给每个词元（一个词或词的一部分）算出接下来出现的概率，选出一个接在后面，然后重复这一过程。写一个开头，看它续写，再看看内部：还可能出现什么，它又关注了什么。',
    shareText: '复制这篇文本的链接',
    copiedText: '已复制：打开链接会写出完全相同的文本。',
    copiedBeginning: '已复制：打开链接会写出你改动之前的文本。',
    warnings: '此模型中被忽略的内容',
    modelTitle: '换一个模型',
    modelUrl: '模型文件夹的网址',
    modelDtype: '权重格式',
    modelLoad: '加载模型',
    modelHint:
      'Hugging Face Hub 上的任何 GPT-2 都可以直接使用，例如 OpenAI 原版（548 MB）。模型只需下载一次，之后由浏览器保存。网址留空则换回本页自带的模型。',
    embedTitle: '放到你的网页上',
    embedIntro: '一个 script 标签加一个元素；读者滚动到该元素时才会加载。',
    privacy: '所有计算都在你的设备上完成，没有服务器会看到你的作品。',
  },
};
