//! Cities as Russian speakers write them, and the short names of zones that are no IANA names.

/// Written in lower case. Cities that share a clock with a named one stand with it.
const CITIES: &[(&str, &str)] = &[
    ("алма-ата", "Asia/Almaty"),
    ("алматы", "Asia/Almaty"),
    ("астана", "Asia/Almaty"),
    ("баку", "Asia/Baku"),
    ("белград", "Europe/Belgrade"),
    ("берлин", "Europe/Berlin"),
    ("бишкек", "Asia/Bishkek"),
    ("владивосток", "Asia/Vladivostok"),
    ("волгоград", "Europe/Volgograd"),
    ("дубай", "Asia/Dubai"),
    ("екатеринбург", "Asia/Yekaterinburg"),
    ("ереван", "Asia/Yerevan"),
    ("иркутск", "Asia/Irkutsk"),
    ("казань", "Europe/Moscow"),
    ("калининград", "Europe/Kaliningrad"),
    ("камчатка", "Asia/Kamchatka"),
    ("киев", "Europe/Kyiv"),
    ("київ", "Europe/Kyiv"),
    ("кишинёв", "Europe/Chisinau"),
    ("красноярск", "Asia/Krasnoyarsk"),
    ("лондон", "Europe/London"),
    ("магадан", "Asia/Magadan"),
    ("минск", "Europe/Minsk"),
    ("москва", "Europe/Moscow"),
    ("мск", "Europe/Moscow"),
    ("msk", "Europe/Moscow"),
    ("нижний новгород", "Europe/Moscow"),
    ("новосибирск", "Asia/Novosibirsk"),
    ("нью-йорк", "America/New_York"),
    ("омск", "Asia/Omsk"),
    ("париж", "Europe/Paris"),
    ("пермь", "Asia/Yekaterinburg"),
    ("петербург", "Europe/Moscow"),
    ("питер", "Europe/Moscow"),
    ("рига", "Europe/Riga"),
    ("самара", "Europe/Samara"),
    ("санкт-петербург", "Europe/Moscow"),
    ("саратов", "Europe/Saratov"),
    ("сочи", "Europe/Moscow"),
    ("спб", "Europe/Moscow"),
    ("стамбул", "Europe/Istanbul"),
    ("таллин", "Europe/Tallinn"),
    ("ташкент", "Asia/Tashkent"),
    ("тбилиси", "Asia/Tbilisi"),
    ("тель-авив", "Asia/Jerusalem"),
    ("томск", "Asia/Tomsk"),
    ("уфа", "Asia/Yekaterinburg"),
    ("хабаровск", "Asia/Vladivostok"),
    ("челябинск", "Asia/Yekaterinburg"),
    ("чита", "Asia/Chita"),
    ("якутск", "Asia/Yakutsk"),
];

/// The IANA name of this city's zone.
pub(super) fn zone_of(city: &str) -> Option<&'static str> {
    let city = city.to_lowercase();
    CITIES.iter().find(|(name, _)| *name == city).map(|(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::CITIES;
    use crate::zones::Zones;

    #[test]
    fn every_city_has_a_zone_that_exists() {
        let zones = Zones::built_in();
        for (city, zone) in CITIES {
            assert!(zones.get(zone).is_some(), "{city}: {zone}");
            assert_eq!(city.to_lowercase(), *city);
        }
    }
}
