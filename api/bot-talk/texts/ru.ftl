# Что бот говорит по-русски. Имена сообщений и переменных — те же, что в en.ftl и в src/texts/say.rs.
# Пометки <b>, <i>, <code> становятся оформлением; слова людей подставляются как есть.

## Время

day = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
} { $year }
moment = { $day }, { $time }
moment_in_zone = { $moment } ({ $zone })
span_two = { $larger } { $smaller }
# Винительный падеж: «через 21 минуту», «на 1 секунду».
span_days = { $count } { $count ->
    [one] день
    [few] дня
   *[many] дней
}
span_hours = { $count } { $count ->
    [one] час
    [few] часа
   *[many] часов
}
span_minutes = { $count } { $count ->
    [one] минуту
    [few] минуты
   *[many] минут
}
span_seconds = { $count } { $count ->
    [one] секунду
    [few] секунды
   *[many] секунд
}
left = через { $span }
left_none = вот-вот
times_in = Время по { $zone }
page = страница { $number } из { $pages }

## Примеры

example_remind = /remind 10м выключить чайник
example_text = позвонить маме
example_tomorrow = завтра

## Начало и справка

start_hello = Здравствуйте, { $name }! 👋
start_hello_nameless = Здравствуйте! 👋
start_what =
    Я запоминаю то, что вы мне пишете, и напоминаю о важном вовремя.
    Попробуйте: { $example }
start_next =
    /tz — ваш часовой пояс, чтобы напоминания приходили по вашим часам
    /help — всё, что я умею
help_title = <b>Что я умею</b>
help_command = { $command } — { $description }
help_channels = <b>Каналы</b>
help_own_channels = <b>Каналы, которыми вы управляете</b>
help_admins = <b>Для администраторов</b>
help_when =
    <b>Когда напомнить</b>
    <code>10м</code>, <code>2ч30м</code>, <code>1д</code>, <code>90с</code> — через это время
    <code>09:00</code> — в ближайшие 9 утра
    <code>завтра 09:00</code>, { $day } — когда скажете
help_talk = А если написать мне просто так, я это запомню.
unknown_command = Такой команды у меня нет: { $command }. Всё, что я умею: { $help }
noted = ✍️ Записано.

command_start = познакомиться
command_help = что я умею
command_lang = выбрать язык
command_tz = часовой пояс
command_remind = напомнить: когда и о чём
command_reminders = мои напоминания
command_profile = что я о вас знаю
command_add = следить за каналом
command_list = каналы, за которыми я слежу
command_stats = статистика канала за 7 дней или сколько скажете
command_remove = больше не следить за каналом
command_health = как работает система

## Язык и часовой пояс

language_ask = Сейчас говорим по-русски. На каком языке продолжим?
language_chosen = Хорошо, говорим по-русски.
zone_shown = 🕒 Ваш часовой пояс: { $zone }
zone_assumed = 🕒 Вы ещё не выбрали часовой пояс, пока считаю по { $zone }
zone_set = 🕒 Готово, ваш часовой пояс: { $zone }
zone_now = Сейчас у вас { $moment }
zone_how = Изменить: { $city } или { $offset }

## Напоминания

reminder_scheduled = ✅ Напомню { $moment } — { $left }:
reminder_over = ⏰ Ваше сообщение дошло до меня с опозданием: напомнить нужно было { $moment }. Напоминаю сразу.
reminder_put_off = ⏰ Перенесено. Напомню { $moment } — { $left }:
reminder_put_off_ask =
    ⏰ На когда перенести?
    Сейчас назначено на { $moment }:
reminder_cancelled = ✖️ Напоминание отменено:
reminder_not_found = Такого напоминания нет. Все ваши напоминания: { $command }
reminder_already_told = Об этом я уже напоминал. Его можно перенести и услышать снова, но отменять нечего.
reminder_already_cancelled = Это напоминание уже отменено.
reminder_has_failed = Это напоминание не удалось доставить. Его можно перенести на другое время.
reminder_late = <i>С опозданием на { $span }: должно было прийти { $moment }. Простите!</i>
reminders_none =
    Напоминаний нет.
    Создать: { $example }
reminders_title = <b>{ $count } { $count ->
    [one] напоминание
    [few] напоминания
   *[many] напоминаний
}</b>
reminders_when = { $moment } — { $left }

## О себе

profile_none = Пока я о вас ничего не знаю. Напишите мне что-нибудь, и понемногу познакомимся.
profile_title = <b>Что я о вас знаю</b>
profile_field = <b>{ $label }:</b> { $value } <i>({ $sureness })</i>
profile_made = Обновлено { $moment }
profile_sure = уверенно
profile_likely = вероятно
profile_guess = догадка
profile_name = Имя
profile_language = Язык
profile_interests = Интересы
profile_summary = Коротко
profile_activity = Активность
profile_hours = Чаще всего пишете
profile_style = Сообщения
profile_occupation = Занятие
profile_location = Место
profile_tone = Тон
activity_silent = ещё не писали
activity_occasional = пишете изредка
activity_regular = пишете регулярно
activity_very_active = пишете очень часто
hours_in = { $from }–{ $to } по { $zone }
language_russian = русский
language_english = английский
language_other = другой
style_short = короткие
style_medium = средней длины
style_long = длинные

## Каналы

channel_added =
    ✅ Теперь слежу за каналом { $channel }.
    Считаю подписчиков сейчас и дальше раз в день.
channel_already_tracked = Я уже слежу за каналом { $channel }.
channel_not_found =
    Не нахожу канал { $channel }.
    Проверьте имя. В закрытый канал меня нужно сначала добавить администратором.
channel_no_access =
    У меня нет доступа к каналу { $channel }.
    Добавьте меня в канал администратором (права мне не нужны) и отправьте ещё раз: { $add }
channel_owner_unknown =
    Не вижу, управляете ли вы каналом { $channel }: Telegram показывает это только администраторам.
    Добавьте меня в канал администратором (права мне не нужны) и отправьте команду ещё раз.
channel_not_tracked =
    Я не слежу за каналом { $channel }.
    Начать: { $add }
channel_not_yours =
    Вы не управляете каналом { $channel }: это могут только его администраторы.
    Попросите владельца сделать вас администратором.
channel_ask_removal =
    Перестать следить за каналом { $channel }?
    Новых данных не будет; то, что уже собрано, останется.
channel_removed = 🗑 Больше не слежу за каналом { $channel }. Собранные данные остались.
channel_stays = Хорошо, продолжаю следить за каналом { $channel }.
channels_none =
    Я пока не слежу ни за одним каналом.
    Добавить: { $example }
channels_title = <b>Слежу за { $count } { $count ->
    [one] каналом
   *[many] каналами
}</b>
channels_line = { $channel } — { $members }, слежу с { $day }
members = { $shown } { $count ->
    [one] подписчик
    [few] подписчика
   *[many] подписчиков
}
members_unknown = подписчики ещё не посчитаны

## Статистика

stats_title = 📊 { $channel } — за { $days } { $days ->
    [one] день
    [few] дня
   *[many] дней
}
stats_members = Подписчиков: <b>{ $count }</b>, на { $moment }
stats_no_members = Подписчики ещё не посчитаны: первого замера пока не было.
stats_change = Изменение: <b>{ $change }</b>
stats_no_change = Изменение: пока не с чем сравнить, замер только один.
stats_covers_less = <i>Данные есть только за { $span }, с { $moment }.</i>
stats_covers_more = <i>Ближе к началу срока замера не было: это изменение за { $span }, с { $moment }.</i>
stats_posts = Публикаций: <b>{ $count }</b>
stats_last_days = Последние { $count } { $count ->
    [one] день
    [few] дня
   *[many] дней
}:
stats_no_posts = Публикации этого канала не собираются.

## Состояние

health_well = <b>Всё в порядке</b>
health_degraded = <b>Работает, но есть на что посмотреть</b>
health_unhealthy = <b>Есть неисправность</b>
health_unknown = <b>Ни одной проверки не было</b>
health_latency = { $ms } мс
health_when = Проверено { $moment }

## Кнопки

button_later = ⏰ Перенести
button_cancel = ✖️ Отменить
button_ten_minutes = ⏰ +10 минут
button_hour = ⏰ +1 час
button_day = ⏰ +1 день
button_tomorrow_at_nine = ⏰ Завтра в 9:00
button_close = Закрыть
button_back = ‹ Назад
button_forward = Вперёд ›
button_stats = 📊 Статистика
button_days = { $days } { $days ->
    [one] день
    [few] дня
   *[many] дней
}
button_ask_removal = 🗑 Не следить
button_remove = Да, не следить
button_keep = Нет, оставить

## Всплывающие уведомления

notice_done = Готово
notice_cancelled = Отменено
notice_put_off = Перенесено
notice_not_found = Такого напоминания уже нет
notice_already_told = Об этом я уже напоминал
notice_old_button = Эта кнопка устарела. Отправьте команду ещё раз
notice_not_for_you = Эта кнопка не для вас
notice_failed = Не получилось. Попробуйте ещё раз чуть позже

## Не так

refused = Это доступно только администраторам. Что доступно вам: { $help }
something_went_wrong =
    Что-то пошло не так, и это наша вина. Попробуйте ещё раз чуть позже.
    Если повторится, назовите этот номер: { $error }
usage_example = Например: { $example }
wrong_language = Языка { $said } я не знаю. Говорю по-русски (ru) и по-английски (en).
wrong_zone =
    Не знаю часового пояса { $said }.
    Назовите город на латинице, как Europe/Moscow, или сдвиг в целых часах, как +3.
wrong_zone_suggested = Не знаю часового пояса { $said }. Может быть, один из этих?
wrong_no_when = Напишите, когда напомнить и о чём.
wrong_when =
    Не понимаю, когда: { $said }.
    Можно так: <code>10м</code>, <code>2ч30м</code>, <code>09:00</code>, <code>завтра 09:00</code>, { $day }.
wrong_no_time = Во сколько? К дню { $said } нужно время.
wrong_day = Такого дня в календаре нет: { $said }.
wrong_time = Такого времени на часах нет: { $said }.
wrong_over = Это время уже прошло: { $moment }.
wrong_too_far = Это дальше чем через десять лет. Столько я не обещаю.
wrong_no_text = О чём напомнить? Напишите это после времени.
wrong_text_too_long = Слишком длинный текст: { $units } { $units ->
    [one] знак
    [few] знака
   *[many] знаков
}, а можно не больше { $max }.
wrong_no_channel = Напишите, какой канал.
wrong_channel = { $said } не похоже на канал. Нужно имя с @, ссылка t.me или номер, который начинается с -100.
wrong_invite_link = По ссылке-приглашению канал не узнать. Добавьте меня в канал и пришлите его номер, он начинается с -100.
wrong_days = { $said } — не число дней. Можно от 1 до { $max }.
