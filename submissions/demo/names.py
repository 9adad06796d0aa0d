"""What people, teams and works of the demo may be called."""

from __future__ import annotations

UNIVERSITIES = (
    "Universitas Gadjah Mada",
    "Institut Teknologi Sepuluh Nopember",
    "Universitas Indonesia",
    "Institut Teknologi Bandung",
    "Universitas Diponegoro",
    "Universitas Brawijaya",
    "Universitas Airlangga",
    "Telkom University",
    "Universitas Padjadjaran",
    "Universitas Sebelas Maret",
    "Universitas Hasanuddin",
    "Institut Pertanian Bogor",
)
PROGRAMMES = (
    "Teknik Elektro",
    "Teknologi Informasi",
    "Ilmu Komputer",
    "Sistem Informasi",
    "Teknik Biomedis",
    "Desain Komunikasi Visual",
    "Manajemen",
    "Statistika",
)
FIRST_NAMES = (
    "Aditya Agus Anindya Arif Ayu Bagas Bayu Bima Cahya Citra Dewi Dimas Dinda Eka "
    "Fadhil Farah Fitri Galih Gita Hana Hendra Ilham Indah Intan Joko Kartika Laras "
    "Lestari Maya Nadia Nanda Putri Raka Rani Reza Rizky Salsabila Sari Tegar Wulan"
)
LAST_NAMES = (
    "Anggraini Ardiansyah Firmansyah Gunawan Handayani Hapsari Hartono Hidayat Ibrahim "
    "Kurniawan Kusuma Lubis Maharani Maulana Nasution Nugroho Nurhaliza Pamungkas "
    "Permata Pradana Prakoso Pranata Prasetyo Purnama Rahmawati Ramadhan Saputra "
    "Setiawan Siregar Suryani Sutanto Wibowo Wicaksono Widodo Wijaya Yulianti"
)
JUDGES = (
    ("Dr. Ratna Puspitasari", "Universitas Gadjah Mada"),
    ("Bambang Sulistyo, M.Kom.", "Institut Teknologi Bandung"),
    ("Dr. Yohanes Manurung", "Universitas Indonesia"),
    ("Siti Aminah, M.Sc.", "Universitas Airlangga"),
    ("I Made Wirawan, M.Ds.", "Telkom University"),
    ("Dr. Andi Tenri Ola", "Universitas Hasanuddin"),
)

CTF_TEAMS = (
    "Bakso Gudeg Kopi Mendoan Rendang Sambal Soto Tempe",
    "Exploit Injection Overflow Packet Root Segfault Shell",
)
DESIGN_TEAMS = (
    "Batik Kanca Kanvas Lesehan Piksel Ruang Senja Warna",
    "Interface Kreatif Nusantara Rupa Studio UX",
)
BUSINESS_TEAMS = (
    "Arunika Bahtera Cakra Dharma Lentera Mandala Nawasena",
    "Advisors Consulting Partners Strategi Ventures",
)
DATA_TEAMS = (
    "Gradien Klaster Matriks Piksel Regresi Tensor Vektor",
    "Bromo Kerinci Merapi Rinjani Semeru",
)

DESIGN_WORKS = (
    ("TitipAngkot", "Live arrival times for angkot, made by their passengers."),
    ("SampahKita", "Neighbours share one pick-up for sorted waste."),
    ("Antre Aman", "A queue at the puskesmas that can be joined from home."),
    ("PasarDekat", "Today's prices of the traditional market, before leaving home."),
    ("Rukun", "One place for announcements, dues and letters of an RT."),
    ("JalanAman", "Lit ways home, drawn by those who walk them at night."),
    ("Warta Desa", "The village's news, read aloud for who does not read."),
    ("Parkirin", "A free parking place, and nobody waves you into the wrong one."),
    ("Sehati", "Reminders for medicine that a whole family shares."),
    ("BisaBaca", "Picture books that a parent records with a phone."),
    ("Tetangga", "Borrow a ladder from next door before buying one."),
    ("KosKu", "Boarding houses with their true rules and true prices."),
    ("Lapor Lubang", "Holes in the road, from a photo to the repair."),
    ("AirBersih", "Where clean water can be had when the pipes are dry."),
    ("Ramah Kursi", "Ways through the city for wheelchairs."),
    ("HalteHidup", "A bus stop that tells what goes, also without a phone."),
)
BUSINESS_WORKS = (
    ("Batik by Subscription", "A new cloth each season, straight from the maker."),
    ("Coffee with an Address", "Every bag names the farm, the price and the farmer."),
    ("Homestays of the Slope", "Forty houses below Merapi, one booking desk."),
    ("Workshops on Wheels", "Batik lessons that come to the schools."),
    ("From Cherry to Tea", "Cascara: selling what was thrown away."),
    ("Night Market Card", "One card for two hundred stalls."),
    ("Guides by Heart", "Grandmothers guide through their own streets."),
    ("Natural Dyes Pool", "Five workshops share one dye house."),
    ("Roastery Next Door", "Neighbourhood roasters buy together."),
    ("Rent a Kebaya", "Dresses for a day, mended by their makers."),
    ("The Slow Ferry", "A trip to the islands for those who have time."),
    ("Second Life Canting", "Tools and cloth find second owners."),
    ("Beans for Offices", "A machine, a barista by the hour, no contract."),
    ("Village Ledger", "Book-keeping by voice message."),
    ("Craft Insurance", "A fund of workshops against a lost season."),
    ("Harvest Days", "Visitors pay to pick, and come back to drink."),
)
DATA_WORKS = (
    ("Where the Flood Comes First", "Rain, rivers and reports of ten years."),
    ("The True Price of Rice", "Daily prices of forty markets, cleaned."),
    ("Waiting at the Puskesmas", "What makes a queue long, and what does not."),
    ("Empty Seats", "Trans Jogja by the hour."),
    ("Air of Three Cities", "PM2.5 from cheap sensors, corrected."),
    ("Schools within Reach", "Walking times of pupils."),
    ("When the Lights Go Out", "Power cuts and the weather before them."),
    ("Trees and Degrees", "How much cooler a shaded street is."),
    ("Dengue, Week by Week", "A forecast that a district can use."),
    ("Holes in the Road", "From photographs to a repair plan."),
    ("Harvest from Above", "Rice fields in free satellite images."),
    ("The Night Economy", "Stalls, lamps and income."),
    ("Lost Luggage", "Where parcels wait."),
    ("Words of the City", "Complaints, sorted by a small language model."),
    ("Tides at Demak", "How fast the sea comes."),
    ("Fair Fares", "What a trip costs, and whom."),
)
